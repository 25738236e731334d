"""
The books: no attachment that came in may vanish.

`received = shown + sent + unconfirmed + delivered + refused + failed + in doubt + in flight`, where unconfirmed means
that it was sent and its receipt is overdue, and in flight that a deadline lies ahead. What is overdue without an end is
the gap.

What has ended is counted by the day it came in, and counted again only for days in which something changed since; what
is open is looked at every time, and that is little.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, or_, select

from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.tables import attachments, books, events, intake

ENDS = {
    "shown": "shown",
    "sent": "sent",
    "unconfirmed": "unconfirmed",
    "delivered": "delivered",
    "read": "delivered",
    "refused": "refused",
    "failed": "failed",
    "in_doubt": "in_doubt",
}
"""The column in which an end is counted. An end that is not here is a gap: nothing can hide between the columns."""

LATE_COMMIT = timedelta(minutes=5)
"""A recorder's transaction may become visible so long after the time that it wrote down."""
OVERDUE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """One account's attachments on one channel in one direction, each counted in exactly one column but `received`."""

    account: str
    channel: str
    direction: str
    received: int
    shown: int
    sent: int
    unconfirmed: int
    delivered: int
    refused: int
    failed: int
    in_doubt: int
    in_flight: int
    gap: int


@dataclass(frozen=True, slots=True)
class Tally:
    """So many attachments that came in on this day ended like this. `reason_code` is empty where there is none."""

    day: date
    account: str
    channel: str
    direction: str
    state: str
    reason_code: str
    attachments: int


@dataclass(frozen=True, slots=True)
class Open:
    """So many attachments wait for a stage, and so many of them longer than they should."""

    account: str
    channel: str
    direction: str
    stage: str | None
    attachments: int
    overdue: int


@dataclass(frozen=True, slots=True)
class OverdueAttachment:
    """`stage` owes the next step; None: nobody does, and that is a bug."""

    account: str
    channel: str
    direction: str
    message: str
    attachment: str
    state: str
    stage: str | None
    attempts: int
    deadline_at: datetime | None


@dataclass(frozen=True, slots=True)
class Books:
    """
    `unpublished` is what the doors wrote down and nobody published yet; `lost_payloads` what a door took in and was
    dead-lettered before anybody knew which message it is: these need an operator.

    `overdue` names the oldest ones. `counted` are the days that were counted anew.
    """

    at: datetime
    ended: Sequence[Tally]
    open: Sequence[Open]
    overdue: Sequence[OverdueAttachment]
    unpublished: int
    lost_payloads: int
    counted: Sequence[date]

    @property
    def pages(self) -> list[Page]:
        return _pages(self.ended, self.open)

    @property
    def gap(self) -> int:
        return sum(page.gap for page in self.pages)


def audit(database: Database, clock: Clock, *, account: str | None = None, since: date | None = None) -> Books:
    """All of it, or one account's, or what came in from this day on. Reads only."""
    now = clock.now()
    mine = [] if account is None else [attachments.c.account == account]
    mine += [] if since is None else [attachments.c.received_on >= since]
    with database.snapshot() as connection:
        days = _changed_days(connection)
        ended = [
            one
            for one in (*_kept(connection, days), *_counted(connection, days))
            if account in (None, one.account) and (since is None or one.day >= since)
        ]
        return Books(
            at=now,
            ended=ended,
            open=_open(connection, now, mine),
            overdue=_overdue(connection, now, mine),
            unpublished=_unpublished(connection, account),
            lost_payloads=_lost_payloads(connection, account),
            counted=days,
        )


def keep(database: Database, counted: Books) -> None:
    """What a whole audit counted anew, so that the next one need not."""
    fresh = [one for one in counted.ended if one.day in set(counted.counted)]
    rows = [{name: getattr(one, name) for name in Tally.__slots__} | {"at": counted.at} for one in fresh]
    with database.write() as connection:
        connection.execute(delete(books).where(books.c.day.in_(counted.counted)))
        if rows:
            insert = database.insert(books)
            newest = {"attachments": insert.excluded.attachments, "at": insert.excluded["at"]}
            connection.execute(insert.on_conflict_do_update(index_elements=list(books.primary_key), set_=newest), rows)


def _changed_days(connection: Connection) -> list[date]:
    last = connection.execute(select(func.max(books.c["at"]))).scalar_one()
    query = select(attachments.c.received_on).distinct()
    if last is not None:
        query = query.where(attachments.c.changed_at >= last - LATE_COMMIT)
    return list(connection.execute(query).scalars())


def _kept(connection: Connection, changed: Sequence[date]) -> list[Tally]:
    columns = [books.c[name] for name in Tally.__slots__]
    return _tallies(connection.execute(select(*columns).where(books.c.day.not_in(changed))))


def _counted(connection: Connection, days: Sequence[date]) -> list[Tally]:
    names = ("received_on", "account", "channel", "direction", "state", "reason_code")
    columns = [attachments.c[name] for name in names]
    query = (
        select(*columns, func.count())
        .where(attachments.c.received_on.in_(days), attachments.c.ended.is_(True))
        .group_by(*columns)
    )
    return _tallies(connection.execute(query))


def _tallies(rows: Iterable[Any]) -> list[Tally]:
    return [
        Tally(day, account, channel, direction, state, reason_code or "", count)
        for day, account, channel, direction, state, reason_code, count in rows
    ]


def _open(connection: Connection, now: datetime, mine: Sequence[ColumnElement[bool]]) -> list[Open]:
    columns = [attachments.c[name] for name in ("account", "channel", "direction", "stage")]
    late = func.sum(case((_is_late(now), 1), else_=0))
    query = select(*columns, func.count(), late).where(attachments.c.ended.is_(False), *mine).group_by(*columns)
    return [Open(*row[:5], overdue=int(row[5])) for row in connection.execute(query)]


def _overdue(connection: Connection, now: datetime, mine: Sequence[ColumnElement[bool]]) -> list[OverdueAttachment]:
    columns = [attachments.c[name] for name in OverdueAttachment.__slots__]
    query = (
        select(*columns)
        .where(attachments.c.ended.is_(False), _is_late(now), *mine)
        .order_by(attachments.c.deadline_at, attachments.c.message, attachments.c.attachment)
        .limit(OVERDUE_AT_ONCE)
    )
    return [OverdueAttachment(*row) for row in connection.execute(query)]


def _is_late(now: datetime) -> ColumnElement[bool]:
    """Without a deadline nobody is at it."""
    return or_(attachments.c.deadline_at.is_(None), attachments.c.deadline_at < now)


def _pages(ended: Iterable[Tally], waiting: Iterable[Open]) -> list[Page]:
    found: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for place, column, count in (*_columns_of_ended(ended), *_columns_of_open(waiting)):
        found[place].update({"received": count, column: count})
    columns = [name for name in Page.__slots__ if name not in ("account", "channel", "direction")]
    return [Page(*place, *(found[place][name] for name in columns)) for place in sorted(found)]


def _columns_of_ended(ended: Iterable[Tally]) -> Iterator[tuple[tuple[str, str, str], str, int]]:
    for one in ended:
        yield _place(one), ENDS.get(one.state, "gap"), one.attachments


def _columns_of_open(waiting: Iterable[Open]) -> Iterator[tuple[tuple[str, str, str], str, int]]:
    for one in waiting:
        yield _place(one), "gap", one.overdue
        yield _place(one), "in_flight", one.attachments - one.overdue


def _place(one: Tally | Open) -> tuple[str, str, str]:
    return one.account, one.channel, one.direction


def _unpublished(connection: Connection, account: str | None) -> int:
    query = select(func.count()).where(intake.c.published_at.is_(None), intake.c.finished_at.is_(None))
    return _count(connection, query if account is None else query.where(intake.c.account == account))


def _lost_payloads(connection: Connection, account: str | None) -> int:
    """Of the doors alone, and only as long as no replay has understood them; what strangers send in vain is theirs."""
    led_on = events.alias()
    query = select(func.count()).where(
        and_(events.c.how == "dead", events.c.type == "payload_received"),
        ~exists().where(led_on.c.causation == events.c.id),
    )
    return _count(connection, query if account is None else query.where(events.c.account == account))


def _count(connection: Connection, query: Any) -> int:
    return int(connection.execute(query).scalar_one())
