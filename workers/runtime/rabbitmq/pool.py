"""
A bounded pool of threads that take work in batches.

Not concurrent.futures: its exit waits for a stuck handler, and a future for each message costs as much as the message.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from threading import Condition, Thread
from typing import Generic, TypeVar

W = TypeVar("W")

_MOMENT_SECONDS = 0.02
_PACE_SECONDS = 0.05


class Pool(Generic[W]):
    """
    `work` gets up to `max_batch` items that are there together, and must not raise. Who takes more than one at a time
    lets a moment pass for others to come, and a longer one after the batch before: a transaction costs as much for one
    row as for ten.

    What waits here is bounded by the prefetch of the queues it comes from. The threads are daemons: a handler that
    never returns must not keep the process from ending.
    """

    def __init__(self, work: Callable[[list[W]], None], *, threads: int, max_batch: int, name: str) -> None:
        self._work = work
        self._max_batch = max_batch
        self._items: deque[W] = deque()
        self._changed = Condition()
        self._closed = False
        self._next_at = 0.0
        self._threads = [Thread(target=self._run, name=f"{name}-{number}", daemon=True) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def put(self, items: Iterable[W]) -> None:
        with self._changed:
            before = len(self._items)
            self._items.extend(items)
            self._changed.notify(len(self._items) - before)

    def withdraw(self) -> list[W]:
        """Take back what no thread has begun."""
        with self._changed:
            items = list(self._items)
            self._items.clear()
        return items

    def close(self, wait_seconds: float = 0.0) -> None:
        """The threads end after what was put; this waits for them, but only so long."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        deadline = time.monotonic() + wait_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while batch := self._next():
            self._work(batch)

    def _next(self) -> list[W]:
        with self._changed:
            self._changed.wait_for(self._has_work)
            if self._max_batch > 1:
                moment = max(_MOMENT_SECONDS, self._next_at - time.monotonic())
                self._changed.wait_for(lambda: self._closed or len(self._items) >= self._max_batch, moment)
                self._changed.wait_for(self._has_work)  # what was there may have been withdrawn
                self._next_at = time.monotonic() + _PACE_SECONDS
            return [self._items.popleft() for _ in range(min(self._max_batch, len(self._items)))]

    def _has_work(self) -> bool:
        return self._closed or bool(self._items)
