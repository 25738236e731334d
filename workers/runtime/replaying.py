"""
Running a stage again over what it once got: from the record, into that stage's own queue and no other.

What came from outside goes in unchanged, so that it leads to the same again. Anything later goes in under an id of its
own, so that a result that differs by now (a new decoder) is a new event and not a repetition of the old one. Sends are
not repeated: the ledger knows what has left, and a reply that has expired stays where it is.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import and_, or_, select

from schemas.codec import Codec, Unreadable
from schemas.event import AnyEvent
from schemas.identity import event_id
from workers.runtime.broker import Outgoing
from workers.runtime.database import Database
from workers.runtime.letters import event_message
from workers.runtime.settings import Settings
from workers.runtime.tables import events
from workers.runtime.topology import REQUEUE, queue_for, requeue_key
from workers.runtime.worker import Worker

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Past:
    """Events that were recorded from `since` until `until`, of one account or of all."""

    since: datetime
    until: datetime
    account: str | None = None


def consumed(database: Database, codec: Codec, worker: Worker, past: Past) -> Iterator[AnyEvent]:
    """What the worker got then, in the order of the record; what nobody can read any more is left out."""
    types = [data.event_type for data in worker.handlers]
    mine = [events.c.how == "event", events.c.type.in_(types), events.c.recorded_at < past.until]
    mine += [] if past.account is None else [events.c.account == past.account]
    at, key = past.since, ""
    while True:
        after = or_(events.c.recorded_at > at, and_(events.c.recorded_at == at, events.c.key > key))
        query = (
            select(events.c.recorded_at, events.c.key, events.c.body)
            .where(*mine, after)
            .order_by(events.c.recorded_at, events.c.key)
            .limit(ROWS_AT_ONCE)
        )
        with database.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return
        for row in rows:
            try:
                event = codec.decode(row.body)
            except Unreadable:
                continue
            if worker.direction in ("*", event.data.direction):
                yield event
        at, key = rows[-1].recorded_at, rows[-1].key


def again(event: AnyEvent, worker: Worker, settings: Settings, codec: Codec, run: datetime) -> Outgoing:
    """`run` tells one replay from another. Raises schemas.codec.Unwritable."""
    if event.causation_id:
        event = replace(event, id=event_id(event.id, f"replay {run.isoformat()}", 0), causation_id=event.id)
    message = event_message(event, codec)
    queue = queue_for(worker, settings, event.data.channel, getattr(event.data, "lane", None))
    return dataclasses.replace(message, exchange=REQUEUE, routing_key=requeue_key(queue))
