"""The demo's patience: it never hangs, and says what did not come."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

PATIENCE_SECONDS = 60.0

T = TypeVar("T")


class NeverCame(Exception):
    """Raised when something that the demo waits for did not happen."""

    code = "never_came"
    retryable = False


def wait_for(look: Callable[[], T | None], what: str) -> T:
    """Look until there is something to see. Raises NeverCame."""
    deadline = monotonic() + PATIENCE_SECONDS
    while monotonic() < deadline:
        found = look()
        if found:
            return found
        sleep(0.02)
    raise NeverCame(f"{what} did not come within {PATIENCE_SECONDS:.0f} seconds")
