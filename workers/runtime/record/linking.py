"""Providers know our parts by their own ids: which report belongs to which message."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from schemas.delivery import DeliveryEvent
from schemas.delivery_reported import DeliveryReported
from workers.runtime.database import Database
from workers.runtime.record.rows import EventRow, external_key
from workers.runtime.tables import events, parts


@dataclass(frozen=True, slots=True)
class _Name:
    """What a provider calls a part; `message` is None in a report that does not bring our token back."""

    account: str
    channel: str
    external_id: str
    message: str | None
    part: str | None


def link(database: Database, connection: Connection, fresh: Sequence[EventRow]) -> list[tuple[str, str]]:
    """
    Note which external ids are which parts, and give their message to reports that had none.

    Answers with (account, message) of those reports. Report and delivery may come in either order, to two recorders
    at once: both write the row of the external id, and so wait for one another.
    """
    names = dict(sorted(_names(fresh), key=lambda pair: (pair[0], pair[1].message is not None)))
    if not names:
        return []
    rows = [
        {
            "external_key": key,
            "account": name.account,
            "channel": name.channel,
            "external_id": name.external_id,
            "message": name.message,
            "part": name.part,
        }
        for key, name in names.items()
    ]
    insert = database.insert(parts)
    known = {
        "message": func.coalesce(parts.c.message, insert.excluded.message),
        "part": func.coalesce(parts.c.part, insert.excluded.part),
    }
    upsert = insert.on_conflict_do_update(index_elements=[parts.c.external_key], set_=known)
    found = connection.execute(upsert.returning(parts.c.external_key, parts.c.account, parts.c.message), rows).all()
    return _adopt(connection, {row.external_key: (row.account, row.message) for row in found if row.message})


def _names(fresh: Sequence[EventRow]) -> Iterator[tuple[str, _Name]]:
    for row in fresh:
        data = row.event.data if row.event and row.how == "event" else None
        if isinstance(data, DeliveryReported):
            yield (
                external_key(data.account, data.channel, data.external_id),
                _Name(data.account, data.channel, data.external_id, data.message, data.part),
            )
        elif isinstance(data, DeliveryEvent):
            for part in data.parts:
                if part.external_id:
                    yield (
                        external_key(data.account, data.channel, part.external_id),
                        _Name(data.account, data.channel, part.external_id, data.message, part.part),
                    )


def _adopt(connection: Connection, messages: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    orphans = select(events.c.key, events.c.external_key).where(
        events.c.external_key.in_(messages), events.c.message.is_(None)
    )
    adopted: list[tuple[str, str]] = []
    for key, external in connection.execute(orphans).all():
        connection.execute(update(events).where(events.c.key == key).values(message=messages[external][1]))
        adopted.append(messages[external])
    return adopted
