"""Values as Meta writes them in webhooks: moments in any unit, words of any length."""

import re
from datetime import UTC, datetime

MAX_TEXT = 10_000
"""What an event carries of a text."""
_CUT = " […]"
_MILLISECONDS_FROM = 100_000_000_000
"""As seconds this is the year 5138."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def moment(value: str | float | None) -> datetime | None:
    """Seconds or milliseconds, as a number or a string, or ISO 8601: all of them have been seen. None for nonsense."""
    try:
        number = float(value or "")
    except ValueError:
        return _iso(str(value))
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def readable(text: str | None, limit: int = MAX_TEXT) -> str | None:
    """Without the NULs that no database keeps; what is too long says that it was cut. None when nothing is left."""
    clean = (text or "").replace("\0", "")
    return (clean if len(clean) <= limit else clean[: limit - len(_CUT)] + _CUT) or None


def lines(*texts: str | None) -> str | None:
    return readable("\n".join(text for text in texts if text))


def token_of(echoed: str | None) -> tuple[str, str, str] | None:
    """Conversation, message and part of `OutgoingPart.token`; None for a string that is not ours."""
    parts = (echoed or "").split("/")
    if len(parts) == 3 and all(_ID.fullmatch(part) for part in parts):
        return parts[0], parts[1], parts[2]
    return None


def _iso(value: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.replace(tzinfo=parsed.tzinfo or UTC)
