"""`Range` of RFC 9110, section 14: one range of bytes. Several at once may be ignored, and are."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class NotSatisfiable(Exception):
    """Raised when a range begins behind the end."""

    code = "range_not_satisfiable"
    retryable = False


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `start`."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def span_of(header: str | None, size: int) -> Span | None:
    """What of `size` bytes is asked for; None for all of it. Raises NotSatisfiable."""
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
    if start >= size:
        raise NotSatisfiable(f"{header} of {size} bytes")
    return Span(start, end - start + 1)
