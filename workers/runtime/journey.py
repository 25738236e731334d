"""A message's journey: every recorded event, retry and dead letter, with what it did and how long it took."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from schemas.attachment import Attachment, Conversion
from schemas.delivery import DeliveryEvent
from schemas.delivery_reported import DeliveryReported
from schemas.doubt_resolved import DoubtResolved
from schemas.event import EventData
from schemas.media_fitted import MediaFitted
from schemas.media_rejected import MediaRejected
from schemas.reason import Reason
from workers.runtime.attempts import Attempt, attempts_at
from workers.runtime.fold import Entry
from workers.runtime.record import Record


class JourneyFile(Struct, frozen=True, kw_only=True):
    """A file as the event knows it; `name` is `thumbnail-320` and the like for what was derived from it."""

    index: int
    name: str | None
    object_key: str | None
    media_type: str | None
    size_bytes: int | None
    width: int | None = None
    height: int | None = None
    conversion: Conversion | None = None
    reason: Reason | None = None
    released_by: str | None = None
    """The operator who let it pass although the virus scanner did not."""


class JourneyAnswer(Struct, frozen=True, kw_only=True):
    """What became of a part, in the deliverer's, the provider's or an agent's words."""

    part: str | None
    state: str
    attempt: int
    external_id: str | None
    reason: Reason | None


class JourneyLine(Struct, frozen=True, kw_only=True):
    """
    `how` is event, retry, dead, conflict, or attempt (the ledger's, to send a part). `source` made the event;
    `worker` is who failed on it (retry, dead).

    `since_start_seconds` counts from the first line, `took_seconds` from the event that led to this one.
    """

    at: datetime
    since_start_seconds: float
    took_seconds: float | None
    how: str
    type: str
    source: str
    worker: str | None
    attempt: int
    code: str | None
    detail: str | None
    delay_seconds: float | None
    files: list[JourneyFile]
    answers: list[JourneyAnswer]
    reason: Reason | None


def explain(record: Record, message: str) -> list[JourneyLine]:
    """In the order of time; empty for a message that nobody has heard of."""
    entries = record.entries(message)
    if not entries:
        return []
    start = entries[0].at
    times = {entry.event.id: entry.at for entry in entries if entry.how == "event"}
    lines = [_line(entry, start, times) for entry in entries]
    attempts = [_attempt(one, start) for one in attempts_at(record.database, _parts(entries))]
    return sorted([*lines, *attempts], key=lambda line: line.at)


def _line(entry: Entry, start: datetime, times: dict[str, datetime]) -> JourneyLine:
    event = entry.event
    cause = times.get(event.causation_id or "") if entry.how == "event" else times.get(event.id)
    return JourneyLine(
        at=entry.at,
        since_start_seconds=(entry.at - start).total_seconds(),
        took_seconds=(entry.at - cause).total_seconds() if cause else None,
        how=entry.how,
        type=event.data.event_type,
        source=event.source,
        worker=entry.worker,
        attempt=entry.attempt,
        code=entry.code,
        detail=entry.detail,
        delay_seconds=entry.delay_seconds or None,
        files=[file for one in _attachments(event.data) for file in _files(one)],
        answers=list(_answers(event.data)),
        reason=_reason(event.data),
    )


def _parts(entries: Sequence[Entry]) -> list[str]:
    return sorted(
        {part.id for entry in entries if isinstance(entry.event.data, MediaFitted) for part in entry.event.data.parts}
    )


def _attempt(one: Attempt, start: datetime) -> JourneyLine:
    receipt = one.receipt
    answer = JourneyAnswer(
        part=one.part,
        state=one.state,
        attempt=one.attempt,
        external_id=receipt.external_id if receipt else None,
        reason=receipt.reason if receipt else None,
    )
    return JourneyLine(
        at=one.claimed_at,
        since_start_seconds=(one.claimed_at - start).total_seconds(),
        took_seconds=(one.settled_at - one.claimed_at).total_seconds() if one.settled_at else None,
        how="attempt",
        type="delivery_attempt",
        source="trombone/deliverer",
        worker="deliverer",
        attempt=one.attempt,
        code=None,
        detail=None,
        delay_seconds=receipt.retry_after_seconds if receipt else None,
        files=[],
        answers=[answer],
        reason=None,
    )


def _reason(data: EventData) -> Reason | None:
    found: Reason | None = getattr(data, "reason", None)
    if found is None and isinstance(data, MediaRejected) and data.attachments:
        return data.attachments[0].reason
    return found


def _attachments(data: EventData) -> Sequence[Attachment]:
    found: Sequence[Attachment] = getattr(data, "attachments", ())
    return found


def _files(one: Attachment) -> Iterator[JourneyFile]:
    renditions = getattr(one, "renditions", None)
    if renditions is None:
        yield _file(one, one.index, one.file_name)
    for rendition in renditions or ():
        yield _file(rendition, one.index, rendition.name)


def _file(one: object, index: int, name: str | None) -> JourneyFile:
    def known(*names: str) -> Any:
        return next((value for field in names if (value := getattr(one, field, None)) is not None), None)

    return JourneyFile(
        index=index,
        name=name,
        object_key=known("object_key"),
        media_type=known("media_type", "detected_media_type", "declared_media_type"),
        size_bytes=known("size_bytes"),
        width=known("width"),
        height=known("height"),
        conversion=known("conversion"),
        reason=known("reason"),
        released_by=known("released_by"),
    )


def _answers(data: EventData) -> Iterator[JourneyAnswer]:
    if isinstance(data, DeliveryEvent):
        for part in data.parts:
            yield JourneyAnswer(
                part=part.part,
                state=part.state,
                attempt=part.attempt,
                external_id=part.external_id,
                reason=part.reason,
            )
    elif isinstance(data, DeliveryReported):
        yield JourneyAnswer(
            part=data.part, state=data.status, attempt=0, external_id=data.external_id, reason=data.reason
        )
    elif isinstance(data, DoubtResolved):
        yield JourneyAnswer(part=data.part, state=data.answer, attempt=0, external_id=None, reason=None)
