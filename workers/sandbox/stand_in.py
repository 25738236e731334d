"""What stands in a provider's place: up from `start` to `stop`, or while a `with` lasts."""

from contextlib import AbstractContextManager, ExitStack
from typing import Self


class StandIn:
    """Its `parts` start in their order and stop in the other; when one does not start, those before it stop."""

    def __init__(self, *parts: AbstractContextManager[object]) -> None:
        self._parts = parts
        self._up = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.stop()

    def start(self) -> None:
        with ExitStack() as starting:
            for part in self._parts:
                starting.enter_context(part)
            self._up = starting.pop_all()

    def stop(self) -> None:
        self._up.close()
