"""
The intake: what came in at the doors, written down before the door answers.

What is here survives a kill of whatever happens next; the auditor's sweep publishes what nobody finished.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import msgspec
from sqlalchemy import select, update

from schemas.event import AnyEvent
from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.tables import intake

_OBSERVED = {"received_at", "headers"}
"""Fields that say how an event came, not what it is: a provider's second try differs in them."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is new, and safe."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """It was here before: answer as then. If `published_at` is None nobody has published it yet."""

    received_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """The id was used before, for something else."""

    received_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """An event that somebody still has to finish."""

    id: str
    body: bytes
    published_at: datetime | None
    sweeps: int
    swept_at: datetime | None


class Intake:
    """Every call raises DatabaseUnavailable when the database does not answer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def accept(self, event: AnyEvent, body: bytes) -> Accepted | Duplicate | Conflict:
        """Write a root event down; committed on return. `body` is the encoded event."""
        row = {
            "id": event.id,
            "account": event.account,
            "fingerprint": fingerprint(event),
            "body": body,
            "received_at": self._clock.now(),
        }
        with self._database.write() as connection:
            fresh = connection.execute(
                self._database.insert(intake).values(row).on_conflict_do_nothing().returning(intake.c.id)
            ).first()
            if fresh is not None:
                return Accepted()
            found = connection.execute(select(intake).where(intake.c.id == event.id)).one()
        if (found.account, found.fingerprint) == (row["account"], row["fingerprint"]):
            return Duplicate(found.received_at, found.published_at)
        return Conflict(found.received_at)

    def published(self, root: str) -> None:
        """The broker has confirmed the event with this id."""
        self._stamp(root, published_at=self._clock.now())

    def finished(self, root: str) -> None:
        """What the event led to is on the record: the sweep need not look at it again."""
        self._stamp(root, finished_at=self._clock.now())

    def swept(self, root: str) -> None:
        """The sweep has published the event, once more."""
        now = self._clock.now()
        self._stamp(root, published_at=now, swept_at=now, sweeps=intake.c.sweeps + 1)

    def unpublished(self, older_than: datetime, limit: int = 100) -> Sequence[Entry]:
        """What its door could not publish, oldest first."""
        return [entry for entry in self.unfinished(older_than, limit) if entry.published_at is None]

    def unfinished(self, older_than: datetime, limit: int = 100) -> Sequence[Entry]:
        """What was never published, and what was but is not known to have led to anything; unpublished ones first."""
        query = (
            select(intake.c.id, intake.c.body, intake.c.published_at, intake.c.sweeps, intake.c.swept_at)
            .where(intake.c.finished_at.is_(None), intake.c.received_at <= older_than)
            .order_by(intake.c.published_at.is_not(None), intake.c.sweeps, intake.c.received_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [Entry(*row) for row in connection.execute(query)]

    def _stamp(self, root: str, **values: object) -> None:
        with self._database.write() as connection:
            connection.execute(update(intake).where(intake.c.id == root).values(values))


def fingerprint(event: AnyEvent) -> str:
    """The same for the same content, whenever and however it came."""
    content = {name: value for name, value in msgspec.to_builtins(event.data).items() if name not in _OBSERVED}
    named = [event.account, event.data.event_type, content]
    return sha256(msgspec.json.encode(named, order="deterministic")).hexdigest()
