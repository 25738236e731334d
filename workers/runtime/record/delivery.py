"""What the recorder hands to the record."""

from dataclasses import dataclass

from schemas.event import AnyEvent


@dataclass(frozen=True, slots=True)
class RecordedDelivery:
    """
    `how` it came: `event`, `retry`, `dead`, or `unreadable` (then `event` is None and `code` says why).

    Of a retry and a dead letter also: which worker and queue, after how many failed attempts, why, and since when.
    """

    how: str
    body: bytes
    event: AnyEvent | None = None
    worker: str | None = None
    queue: str | None = None
    attempt: int = 0
    delay_seconds: float = 0.0
    code: str | None = None
    detail: str | None = None
    first_seen: int = 0
    waits: int = 0
    """How many times it was only too early for it."""
