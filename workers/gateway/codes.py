"""One-time codes: whoever starts the system may open its page without copying a key."""

from datetime import datetime, timedelta
from secrets import token_urlsafe
from threading import Lock

LIVES_SECONDS = 900


class OneTimeCodes:
    """Each stands for one API key of an account, and opens one session. Kept in the memory of this process alone."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str, datetime]] = {}
        self._lock = Lock()

    def issue(self, account: str, key_id: str, now: datetime) -> str:
        code = token_urlsafe(18)
        with self._lock:
            self._known[code] = account, key_id, now + timedelta(seconds=LIVES_SECONDS)
        return code

    def redeem(self, code: str, now: datetime) -> tuple[str, str] | None:
        """(account, key id); None for a code that is not known, was used, or is too old."""
        with self._lock:
            account, key_id, until = self._known.pop(code, ("", "", now))
        return (account, key_id) if now < until else None
