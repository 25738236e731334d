"""Files that the virus scanner did not let pass and that still lie in quarantine; and how an operator lets one pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import select

from schemas.attachment import ReceivedAttachment
from schemas.codec import Codec, Unreadable
from schemas.event import AnyEvent, Event
from schemas.identity import event_id
from schemas.media_received import MediaReceived
from schemas.media_rejected import MediaRejected
from schemas.reason import Reason
from workers.runtime.database import Database
from workers.runtime.objects import ObjectMissing, ObjectStore
from workers.runtime.tables import events

SOURCE = "trombone/operator"
CODES = frozenset({"malware_found", "not_scanned"})
"""What the scanner says no with."""


@dataclass(frozen=True, slots=True)
class Held:
    """A refused file; `received` is the event that brought it to the validator."""

    received: Event[MediaReceived]
    attachment: ReceivedAttachment
    reason: Reason
    refused_at: datetime
    released_by: str | None


class Quarantined:
    """Reads the record and the store. Raises DatabaseUnavailable or StoreUnavailable."""

    def __init__(self, database: Database, codec: Codec, store: ObjectStore) -> None:
        self._database = database
        self._codec = codec
        self._store = store

    def held(self, since: datetime) -> list[Held]:
        """What was refused since then and is still there, oldest first; each file once, as it was refused last."""
        found: dict[str, Held] = {}
        for refused_at, refusal in self._refusals(since):
            found |= {one.attachment.id: one for one in self._of(refused_at, refusal)}
        return [one for one in found.values() if self._is_there(one.attachment.object_key)]

    def _refusals(self, since: datetime) -> Iterator[tuple[datetime, Event[MediaRejected]]]:
        query = (
            select(events.c.recorded_at, events.c.body)
            .where(events.c.how == "event", events.c.type == MediaRejected.event_type, events.c.recorded_at >= since)
            .order_by(events.c.recorded_at, events.c.key)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            for event in self._read([row.body]):
                if any(one.reason.code in CODES for one in event.data.attachments):
                    yield row.recorded_at, event

    def _of(self, refused_at: datetime, refusal: Event[MediaRejected]) -> Iterator[Held]:
        reasons = {one.id: one.reason for one in refusal.data.attachments if one.reason.code in CODES}
        for received in self._received(events.c.id == refusal.causation_id, refusal.account):
            again = list(self._received(events.c.causation == received.id, refusal.account))
            for one in received.data.attachments:
                if one.id in reasons:
                    yield Held(received, one, reasons[one.id], refused_at, _released_by(one.id, again))

    def _received(self, condition: object, account: str) -> Iterator[Event[MediaReceived]]:
        query = select(events.c.body).where(
            condition,  # type: ignore[arg-type]
            events.c.account == account,
            events.c.how == "event",
            events.c.type == MediaReceived.event_type,
        )
        with self._database.read() as connection:
            bodies = connection.execute(query).scalars().all()
        yield from self._read(bodies)

    def _read(self, bodies: Sequence[bytes]) -> Iterator[AnyEvent]:
        """What a newer program wrote is left out."""
        for body in bodies:
            try:
                yield self._codec.decode(body)
            except Unreadable:
                continue

    def _is_there(self, key: str) -> bool:
        try:
            self._store.head(key)
        except ObjectMissing:
            return False
        return True


def release(held: Held, operator: str, now: datetime) -> Event[MediaReceived]:
    """The event that brings the file to the validator once more, and says who answers for it."""
    attachments = [
        replace(one, released_by=operator) if one.id == held.attachment.id else one
        for one in held.received.data.attachments
    ]
    return replace(
        held.received,
        id=event_id(held.received.id, f"release {held.attachment.id}", 0),
        source=SOURCE,
        time=now,
        causation_id=held.received.id,
        data=replace(held.received.data, attachments=attachments),
    )


def _released_by(attachment: str, again: Sequence[Event[MediaReceived]]) -> str | None:
    marks = (one.released_by for event in again for one in event.data.attachments if one.id == attachment)
    return next((mark for mark in marks if mark), None)
