"""Wait for something to become true: with a deadline, never with a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(predicate: Callable[[], T], within: float, every: float = 0.02) -> T:
    """Ask until the answer is truthy and give it back; AssertionError when `within` seconds have passed."""
    deadline = time.monotonic() + within
    while not (answer := predicate()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} seconds: {predicate}")
        time.sleep(every)
    return answer
