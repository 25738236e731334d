"""Rows of `events`, and the keys that make a repetition the same row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Row

from schemas.codec import Codec, Unreadable
from schemas.delivery_reported import DeliveryReported
from schemas.event import AnyEvent
from workers.runtime.fold import Entry, message_of
from workers.runtime.intake import fingerprint
from workers.runtime.record.delivery import RecordedDelivery

FOLDED = ("event", "retry", "dead")

_BELIEVED = timedelta(days=1)
"""So far behind ours an event's own time is believed; upstream systems may write any time they like."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """The columns of `events`, and the event itself."""

    key: str
    how: str
    body: bytes
    fingerprint: str
    recorded_at: datetime
    attempt: int
    event: AnyEvent | None = None
    account: str | None = None
    message: str | None = None
    type: str | None = None
    source: str | None = None
    id: str | None = None
    correlation: str | None = None
    causation: str | None = None
    external_key: str | None = None
    at: datetime | None = None
    worker: str | None = None
    queue: str | None = None
    delay_seconds: float | None = None
    code: str | None = None
    detail: str | None = None

    @property
    def is_root(self) -> bool:
        return self.how == "event" and self.causation is None

    def columns(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "event"}


def digest(*parts: str | int) -> str:
    """Parts of any length as one short key; each is prefixed with its length, so none can pass for two."""
    return sha256("".join(f"{len(str(part))}:{part}" for part in parts).encode("utf-8", "replace")).hexdigest()


def external_key(account: str, channel: str, external_id: str) -> str:
    return digest("external", account, channel, external_id)


def row_of(delivery: RecordedDelivery, now: datetime) -> EventRow:
    """Raises nothing: whatever came gets its row."""
    shared: dict[str, Any] = {
        "how": delivery.how,
        "body": delivery.body,
        "recorded_at": now,
        "attempt": delivery.attempt,
        "worker": delivery.worker,
        "queue": _clean(delivery.queue),
        "delay_seconds": delivery.delay_seconds,
        "code": _clean(delivery.code),
        "detail": _clean(delivery.detail),
    }
    event = delivery.event
    if event is None:
        content = sha256(delivery.body).hexdigest()
        return EventRow(key=digest("unreadable", delivery.queue or "", content), fingerprint=content, **shared)
    return EventRow(
        key=_key(delivery, event),
        fingerprint=fingerprint(event),
        event=event,
        account=event.account,
        message=message_of(event),
        type=event.data.event_type,
        source=event.source,
        id=event.id,
        correlation=event.correlation_id,
        causation=event.causation_id,
        external_key=_reported_key(event),
        at=_when(event, now) if delivery.how == "event" else now,
        **shared,
    )


def entry_of(row: Row[Any], codec: Codec) -> Entry | None:
    """None for what this program cannot read (it was written by a newer one)."""
    try:
        event = codec.decode(row.body)
    except Unreadable:
        return None
    return Entry(
        key=row.key,
        how=row.how,
        at=row.at,
        event=event,
        worker=row.worker,
        queue=row.queue,
        attempt=row.attempt,
        delay_seconds=row.delay_seconds or 0.0,
        code=row.code,
        detail=row.detail,
    )


def _key(delivery: RecordedDelivery, event: AnyEvent) -> str:
    named = (delivery.how, event.account, event.source, event.id, event.data.event_type)
    if delivery.how == "event":
        return digest(*named)
    times = (delivery.attempt, *([delivery.waits] if delivery.waits else []), delivery.first_seen)
    return digest(*named, delivery.queue or "", *times, delivery.code or "")


def _reported_key(event: AnyEvent) -> str | None:
    data = event.data
    if not isinstance(data, DeliveryReported):
        return None
    return external_key(data.account, data.channel, data.external_id)


def _when(event: AnyEvent, now: datetime) -> datetime:
    return event.time if now - _BELIEVED <= event.time <= now else now


def _clean(text: str | None) -> str | None:
    """No database keeps NUL, and headers are anybody's bytes."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode() if text is not None else None
