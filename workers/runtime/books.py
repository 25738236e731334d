"""
The books: no attachment that came in may vanish.

`received = shown + delivered (or sent, unconfirmed) + refused + failed + in doubt + in flight`, where in flight means
that a deadline lies ahead. What is overdue without an end is the gap.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, Row, and_, case, exists, func, select

from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.tables import attachments, books, events, intake

_ENDS = {
    "shown": ("shown",),
    "sent": ("sent",),
    "delivered": ("delivered", "read"),
    "refused": ("refused",),
    "failed": ("failed",),
    "in_doubt": ("in_doubt",),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One account's attachments on one channel in one direction, each counted in exactly one column but `received`."""

    account: str
    channel: str
    direction: str
    received: int
    shown: int
    sent: int
    delivered: int
    refused: int
    failed: int
    in_doubt: int
    in_flight: int
    gap: int


@dataclass(frozen=True, slots=True)
class Books:
    """
    `unpublished` is what the doors wrote down and nobody published yet; `lost_payloads` what a door took in and was
    dead-lettered before anybody knew which message it is: these need an operator.
    """

    at: datetime
    pages: Sequence[Page]
    unpublished: int
    lost_payloads: int

    @property
    def gap(self) -> int:
        return sum(page.gap for page in self.pages)


def audit(database: Database, clock: Clock) -> Books:
    """Count anew and keep the result."""
    now = clock.now()
    with database.read() as connection:
        counted = Books(now, _pages(connection, now), _unpublished(connection), _lost_payloads(connection))
    with database.write() as connection:
        for page in counted.pages:
            insert = database.insert(books).values(**asdict(page), at=now)
            newest = {column.name: insert.excluded[column.name] for column in books.c if not column.primary_key}
            connection.execute(insert.on_conflict_do_update(index_elements=list(books.primary_key), set_=newest))
    return counted


def last_audit(database: Database) -> Sequence[Page]:
    """What the auditor found the last time; cheap enough for a metric."""
    with database.read() as connection:
        return [_page(row) for row in connection.execute(select(books).order_by(*books.primary_key))]


def _pages(connection: Connection, now: datetime) -> list[Page]:
    mine = (attachments.c.account, attachments.c.channel, attachments.c.direction)
    ahead = and_(attachments.c.ended.is_(False), attachments.c.deadline_at >= now)
    counts = {name: attachments.c.state.in_(states) for name, states in _ENDS.items()} | {"in_flight": ahead}
    columns = [func.coalesce(func.sum(case((which, 1), else_=0)), 0).label(name) for name, which in counts.items()]
    query = select(*mine, func.count().label("received"), *columns).group_by(*mine).order_by(*mine)
    return [_with_gap(row) for row in connection.execute(query)]


def _with_gap(row: Row[tuple[object, ...]]) -> Page:
    """The gap is what is missing, not what was found to be overdue: nothing can hide between the columns."""
    counted = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    missing = counted["received"] - sum(counted[name] for name in [*_ENDS, "in_flight"])
    return Page(**counted, gap=missing)


def _page(row: Row[tuple[object, ...]]) -> Page:
    return Page(**{field.name: getattr(row, field.name) for field in fields(Page)})


def _unpublished(connection: Connection) -> int:
    query = select(func.count()).where(intake.c.published_at.is_(None), intake.c.finished_at.is_(None))
    return int(connection.execute(query).scalar_one())


def _lost_payloads(connection: Connection) -> int:
    """Of the doors alone, and only as long as no replay has understood them; what strangers send in vain is theirs."""
    led_on = events.alias()
    query = select(func.count()).where(
        events.c.how == "dead",
        events.c.type == "payload_received",
        ~exists().where(led_on.c.causation == events.c.id),
    )
    return int(connection.execute(query).scalar_one())
