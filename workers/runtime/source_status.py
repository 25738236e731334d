"""What the status of a download's answer means: go on, try later, or never."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from schemas.reason import Reason, Refused
from workers.runtime.outcome import Retry

MISBEHAVES = Reason(
    code="source_misbehaves",
    sentence="The file's server sends us round in circles or in a form nobody can read. Ask for the file again.",
)
_FORBIDDEN = "The file may not be downloaded. Check the channel's credentials, or ask for the file again."
_REFUSED = "The file's server does not hand it out. Ask for the file again."
_LATER = (408, 425, 429)
# A young link may not have reached all of its servers yet; how long to hope is the retry ladder's to say.
_NOT_YET = (404, 410)
_MAX_AFTER_SECONDS = 86_400.0


def check_ready(status: int, headers: Mapping[str, str], now: datetime) -> None:
    """Raises Retry for what the server itself calls temporary; anything else is the channel's to understand."""
    if status in _LATER or status >= 500:
        raise Retry("source_unavailable", f"status {status}", after_seconds=retry_after(headers, now))


def check_whole_file(status: int, headers: Mapping[str, str], now: datetime) -> None:
    """Returns for 200 only. Raises Retry or Refused (`source_forbidden`, `source_refused`)."""
    check_ready(status, headers, now)
    if status in (401, 403):
        raise Refused(Reason(code="source_forbidden", sentence=_FORBIDDEN, provider_text=f"status {status}"))
    if 400 <= status < 500 and status not in _NOT_YET:
        raise Refused(Reason(code="source_refused", sentence=_REFUSED, provider_text=f"status {status}"))
    if status != 200:
        raise Retry("source_unavailable", f"status {status}")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from a `Retry-After` in either of its forms (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:9])
    else:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), _MAX_AFTER_SECONDS)
