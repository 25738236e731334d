"""Until when a thread waits: for what waits far below whoever sets the limit."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic


class _Waiting(threading.local):
    until: float | None = None


_waiting = _Waiting()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """So long this thread may wait from now on, in all. Inside another limit the earlier one counts."""
    before, ends = _waiting.until, monotonic() + seconds
    _waiting.until = ends if before is None else min(before, ends)
    try:
        yield
    finally:
        _waiting.until = before


def waits_until() -> float | None:
    """On the monotonic clock. None: as long as it takes."""
    return _waiting.until
