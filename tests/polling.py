"""Wait for something to become true: with a deadline, never with a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SLOW_MACHINE = 4
"""How many times slower than a quiet machine one may be (a shared disk under load) before a test calls it a failure."""


def eventually(predicate: Callable[[], T], within: float, every: float = 0.02) -> T:
    """
    Ask until the answer is truthy and give it back; AssertionError when `within` seconds have passed.

    `within` is for a quiet machine; a busy one gets more.
    """
    deadline = time.monotonic() + within * SLOW_MACHINE
    while not (answer := predicate()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within * SLOW_MACHINE:g} seconds: {predicate}")
        time.sleep(every)
    return answer
