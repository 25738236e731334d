"""One thread that calls back when time is up, for any number of timers."""

import heapq
import time
from collections.abc import Callable
from itertools import count
from threading import Condition, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Timers(Generic[T]):
    def __init__(self, ring: Callable[[T], None]) -> None:
        self._ring = ring
        self._heap: list[tuple[float, int, T]] = []
        self._order = count()
        self._changed = Condition()
        self._closed = False
        self._thread: Thread | None = None

    def start(self, seconds: float, what: T) -> None:
        with self._changed:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._order), what))
            self._changed.notify()
            if self._thread is None:
                self._thread = Thread(target=self._run, name="timers", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """What has not rung will not."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while due := self._next():
            self._ring(due[0])

    def _next(self) -> tuple[T] | None:
        with self._changed:
            while not self._closed and not self._is_due():
                self._changed.wait(self._heap[0][0] - time.monotonic() if self._heap else None)
            if self._closed:
                return None
            return (heapq.heappop(self._heap)[2],)

    def _is_due(self) -> bool:
        return bool(self._heap) and self._heap[0][0] <= time.monotonic()
