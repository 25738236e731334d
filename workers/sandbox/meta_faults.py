"""What can go wrong when a file is fetched from Meta, on order: the next downloads meet it."""

import threading
from collections import deque
from enum import StrEnum


class MediaFault(StrEnum):
    EXPIRED_URL = "expired_url"
    """The URL is dead already; a new one works. The same as a 404 that heals."""
    WRONG_DIGEST = "wrong_digest"
    """The file is not the one that was promised."""
    PRIVATE_REDIRECT = "private_redirect"
    """The URL leads into the network of whoever follows it."""
    SLOW_BODY = "slow_body"
    """Half of the file comes, and then nothing."""
    THROTTLED = "media_throttled"
    """Error 4 with status 400, as Graph words it."""


class MediaFaults:
    def __init__(self) -> None:
        self._orders: deque[MediaFault] = deque()
        self._lock = threading.Lock()

    def order(self, fault: MediaFault, times: int = 1) -> None:
        with self._lock:
            self._orders.extend([fault] * times)

    def meets(self, *kinds: MediaFault) -> MediaFault | None:
        """The next order, if it is one of these; then it is used up."""
        with self._lock:
            return self._orders.popleft() if self._orders and self._orders[0] in kinds else None
