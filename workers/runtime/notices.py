"""
How far each endpoint of a helpdesk has followed the record, conversation by conversation.

An endpoint has a place in every conversation. What it lacks is read from the record, so nothing is queued, nothing is
lost with a process, and a message that changed three times meanwhile is told once, as it is now.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, Update, func, literal, or_, select, tuple_, update

from schemas.decoders import decoder
from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.leases import Lease
from workers.runtime.rewinding import Earliest, earliest_since
from workers.runtime.subscribers import Subscriber
from workers.runtime.tables import conversations, messages, notices, webhooks
from workers.runtime.views import MessageView

LADDER_SECONDS = (5, 30, 120, 600, 3600)
"""The last one again and again."""
DISABLE_AFTER = timedelta(days=5)
"""Svix switches an endpoint off after as long (docs.svix.com/retries, read 2026-11-22)."""
GIVE_UP_ATTEMPTS = 24
"""Of one notice, about twenty hours, when the endpoint takes others meanwhile: its neighbours wait behind it."""
HEALTHY = timedelta(days=1)
LONGEST_RETRY_AFTER_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Place:
    """
    All changes up to the cursor were taken; with `at` and `message`, of the last one only as far as that message.
    What comes next has failed `attempts` times, and waits until `retry_at`.
    """

    cursor: int = 0
    at: datetime | None = None
    message: str | None = None
    attempts: int = 0
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to be told; `before` and `after` are the endpoint's place in the conversation without and with it."""

    conversation: str
    view: MessageView
    before: Place
    after: Place

    @property
    def id(self) -> str:
        """The same whenever the same change is told, so that a receiver may drop repetitions."""
        return f"msg_{self.view.message}_{self.view.cursor}"


@dataclass(frozen=True, slots=True)
class Failure:
    """`outage`: it is the endpoint, not this notice. `gone`: it wants to hear no more."""

    problem: str
    outage: bool
    gone: bool = False
    retry_after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How an endpoint fares. `failures`: in a row. `rewinds` counts the replays."""

    account: str
    webhook: str
    failures: int
    failing_since: datetime | None
    quiet_until: datetime | None
    taken_at: datetime | None
    disabled_at: datetime | None
    problem: str | None
    given_up: int
    rewinds: int


_STANDING = [webhooks.c[name] for name in Standing.__slots__]


class Notices:
    """Every call raises DatabaseUnavailable when the database does not answer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, to: Subscriber) -> Standing:
        """An endpoint that is seen for the first time hears of what happens from now on."""
        if standing := self.standing(to.account, to.webhook):
            return standing
        mine = {"account": to.account, "webhook": to.webhook}
        theirs = conversations.c
        known = select(theirs.account, literal(to.webhook), theirs.conversation, theirs.cursor)
        baseline = self._database.insert(notices).from_select(
            ["account", "webhook", "conversation", "cursor"], known.where(theirs.account == to.account)
        )
        with self._database.write() as connection:
            connection.execute(baseline.on_conflict_do_nothing())
            connection.execute(self._database.insert(webhooks).values(mine).on_conflict_do_nothing())
        standing = self.standing(to.account, to.webhook)
        assert standing
        return standing

    def lease(self, to: Subscriber) -> Lease:
        return Lease(self._database, self._clock, to)

    def standing(self, account: str, webhook: str) -> Standing | None:
        query = select(*_STANDING).where(webhooks.c.account == account, webhooks.c.webhook == webhook)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return Standing(*row) if row else None

    def behind(self, to: Subscriber, since: datetime | None, limit: int) -> list[str]:
        """Conversations that have something to tell now: changed since, or due to be retried."""
        now = self._clock.now()
        query = _behind(to.account, to.webhook).where(or_(notices.c.retry_at.is_(None), notices.c.retry_at <= now))
        fresh = query if since is None else query.where(conversations.c.changed_at >= since)
        due = query.where(notices.c.retry_at.is_not(None))
        with self._database.read() as connection:
            rows = [*connection.execute(fresh.limit(limit)), *connection.execute(due.limit(limit))]
        return list(dict.fromkeys(row.conversation for row in rows))

    def standings(self, account: str | None = None) -> list[Standing]:
        """Of all endpoints that were ever looked at, those of one account if it is given."""
        query = select(*_STANDING).order_by(webhooks.c.account, webhooks.c.webhook)
        with self._database.read() as connection:
            rows = connection.execute(query if account is None else query.where(webhooks.c.account == account)).all()
        return [Standing(*row) for row in rows]

    def backlog(self, account: str, webhook: str) -> int:
        """How many conversations have something that was not taken yet."""
        query = select(func.count()).select_from(_behind(account, webhook).order_by(None).subquery())
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def next(self, to: Subscriber, conversation: str) -> Notice | None:
        """What comes next in a conversation, with the message as it is now."""
        with self._database.read() as connection:
            place = select(notices).where(*_mine(to, conversation))
            row = connection.execute(place).first()
            before = Place(row.cursor, row.at, row.message, row.attempts, row.retry_at) if row else Place()
            query = (
                select(messages.c.view, messages.c.cursor, messages.c.at, messages.c.message)
                .where(messages.c.account == to.account, messages.c.conversation == conversation, _beyond(before))
                .where(messages.c.view.is_not(None))
                .order_by(messages.c.cursor, messages.c.at, messages.c.message)
                .limit(2)
            )
            found = connection.execute(query).all()
        if not found:
            return None
        first = found[0]
        has_brothers = len(found) > 1 and found[1].cursor == first.cursor
        after = Place(first.cursor, first.at, first.message) if has_brothers else Place(first.cursor)
        view = decoder(MessageView).decode(first.view)
        return Notice(conversation, view, before, after)

    def taken(self, to: Subscriber, notice: Notice) -> None:
        now = self._clock.now()
        healthy = {"failures": 0, "failing_since": None, "quiet_until": None, "problem": None, "taken_at": now}
        with self._database.write() as connection:
            self._place(connection, to, notice, notice.after)
            connection.execute(_update(to.account, to.webhook).values(healthy))

    def failed(self, to: Subscriber, notice: Notice, failure: Failure) -> None:
        """It is told again: after a while, unless the endpoint has failed for days, or this notice never passes."""
        now = self._clock.now()
        with self._database.write() as connection:
            query = select(webhooks).where(webhooks.c.account == to.account, webhooks.c.webhook == to.webhook)
            found = connection.execute(query.with_for_update()).one()
            failures, since = found.failures + 1, found.failing_since or now
            attempts = notice.before.attempts + 1
            changes: dict[str, object] = {"failures": failures, "failing_since": since, "problem": failure.problem}
            if failure.gone or now - since >= DISABLE_AFTER:
                changes["disabled_at"] = now
            if failure.outage:
                changes["quiet_until"] = now + _wait(failures, failure)
            elif attempts >= GIVE_UP_ATTEMPTS and found.taken_at and now - found.taken_at < HEALTHY:
                changes["given_up"] = found.given_up + 1
                self._place(connection, to, notice, replace(notice.after, retry_at=now))
            else:
                waits = replace(notice.before, attempts=attempts, retry_at=now + _wait(attempts, failure))
                self._place(connection, to, notice, waits)
            connection.execute(_update(to.account, to.webhook).values(changes))

    def enable(self, account: str, webhook: str) -> bool:
        """Go on where it stopped, at once. False: there is no such endpoint, or nobody has looked at it yet."""
        again = {"disabled_at": None, "failures": 0, "failing_since": None, "quiet_until": None, "problem": None}
        due = update(notices).where(notices.c.account == account, notices.c.webhook == webhook)
        with self._database.write() as connection:
            connection.execute(due.where(notices.c.retry_at.is_not(None)).values(retry_at=self._clock.now()))
            found = connection.execute(_update(account, webhook).values(again | {"rewinds": webhooks.c.rewinds + 1}))
        return found.rowcount == 1

    def rewind(self, account: str, webhook: str, since: datetime) -> int:
        """Tell everything again that changed at that moment or later. How many conversations that concerns."""
        with self._database.write() as connection:
            earliest = earliest_since(connection, account, since)
            for start in earliest:
                self._go_back(connection, account, webhook, start)
            connection.execute(_update(account, webhook).values(rewinds=webhooks.c.rewinds + 1))
        return len(earliest)

    @staticmethod
    def _go_back(connection: Connection, account: str, webhook: str, start: Earliest) -> None:
        place = asdict(Place(start.cursor - 1))
        theirs = (notices.c.account == account, notices.c.webhook == webhook)
        mine = (notices.c.conversation == start.conversation, notices.c.cursor >= start.cursor)
        connection.execute(update(notices).where(*theirs, *mine).values(place))

    def _place(self, connection: Connection, to: Subscriber, notice: Notice, place: Place) -> None:
        """Unless a replay has moved it meanwhile: then that stands."""
        row = asdict(place)
        key = {"account": to.account, "webhook": to.webhook, "conversation": notice.conversation}
        insert = self._database.insert(notices).values(key | row)
        unmoved = (notices.c.cursor == notice.before.cursor) & notices.c.message.is_not_distinct_from(
            notice.before.message
        )
        connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=row, where=unmoved))


def _mine(to: Subscriber, conversation: str) -> Sequence[ColumnElement[bool]]:
    return (
        notices.c.account == to.account,
        notices.c.webhook == to.webhook,
        notices.c.conversation == conversation,
    )


def _behind(account: str, webhook: str) -> Select[tuple[str, int]]:
    place = (
        (notices.c.account == conversations.c.account)
        & (notices.c.conversation == conversations.c.conversation)
        & (notices.c.webhook == webhook)
    )
    return (
        select(conversations.c.conversation, conversations.c.cursor)
        .outerjoin(notices, place)
        .where(
            conversations.c.account == account,
            or_(conversations.c.cursor > func.coalesce(notices.c.cursor, 0), notices.c.message.is_not(None)),
        )
        .order_by(conversations.c.changed_at, conversations.c.conversation)
    )


def _beyond(place: Place) -> ColumnElement[bool]:
    later = messages.c.cursor > place.cursor
    if place.message is None:
        return later
    rest = tuple_(messages.c.at, messages.c.message) > tuple_(place.at, place.message)
    return or_(later, (messages.c.cursor == place.cursor) & rest)


def _update(account: str, webhook: str) -> Update:
    return update(webhooks).where(webhooks.c.account == account, webhooks.c.webhook == webhook)


def _wait(failures: int, failure: Failure) -> timedelta:
    step = LADDER_SECONDS[min(failures, len(LADDER_SECONDS)) - 1]
    asked = min(failure.retry_after_seconds, LONGEST_RETRY_AFTER_SECONDS)
    return timedelta(seconds=max(step, asked))
