"""
The three kinds of no, never mixed.

Refusal: `schemas.reason.Refused`, an ordinary event with a code and a sentence. Retry: `Retry`, delayed in the broker
(`Wait`: nothing has failed, it is only too early). Dead letter: `Poison` or any exception that nobody foresaw.
"""

from collections.abc import Sequence

from schemas.event import EventData


class Retry(Exception):
    """
    Raised when trying again later may help. `after_seconds` is what the other side asked for, if it did.

    `ending` are the events that say what became of it when no try is left; without it the worker's own ending speaks.
    """

    retryable = True

    def __init__(
        self, code: str, detail: str, *, after_seconds: float | None = None, ending: Sequence[EventData] = ()
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.ending = ending
        self.code = code
        self.detail = detail
        self.after_seconds = after_seconds


class Wait(Retry):
    """
    Raised when it is not yet time: another goes first, a rate is used up, a provider is known to be down.

    Nothing has failed, so no attempt is counted and it never ends by itself: whoever raises it knows an end. `told` are
    events that need not wait; the delivery that ends it says them again, first.
    """

    def __init__(
        self, code: str, detail: str, *, after_seconds: float | None = None, told: Sequence[EventData] = ()
    ) -> None:
        super().__init__(code, detail, after_seconds=after_seconds)
        self.told = told


class Poison(Exception):
    """Raised when a message can never be understood: it goes to the dead letters, with this reason."""

    retryable = False

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
