"""
Who follows an endpoint: one notifier at a time, and another one when it is gone.

A lease is renewed by whoever has it, and free a minute after its holder was last heard of. One who sleeps for longer in
the middle of a notice may tell it beside its successor: under the same id, so that the receiver knows.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import or_, update

from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.subscribers import Subscriber
from workers.runtime.tables import webhooks

LEASE = timedelta(seconds=60)
"""Longer than any notice takes: the call, and the database twice."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class Lease:
    """Of one endpoint, by one process. Every call raises DatabaseUnavailable when the database does not answer."""

    def __init__(self, database: Database, clock: Clock, to: Subscriber) -> None:
        self._database = database
        self._clock = clock
        self._endpoint = (webhooks.c.account == to.account, webhooks.c.webhook == to.webhook)
        self._holder = uuid4().hex
        self._until = _NEVER

    def hold(self) -> bool:
        """Whether the endpoint is ours for at least half a lease more; if not, the database is asked."""
        now = self._clock.now()
        if self._until - now > LEASE / 2:
            return True
        free = or_(webhooks.c.held_by.is_(None), webhooks.c.held_by == self._holder, webhooks.c.held_until <= now)
        taken = update(webhooks).where(*self._endpoint, free).values(held_by=self._holder, held_until=now + LEASE)
        with self._database.singly() as connection:
            ours = connection.execute(taken).rowcount == 1
        self._until = now + LEASE if ours else _NEVER
        return ours

    def let_go(self) -> None:
        """Another one may follow at once."""
        if self._until == _NEVER:
            return
        self._until = _NEVER
        given = update(webhooks).where(*self._endpoint, webhooks.c.held_by == self._holder).values(held_by=None)
        with self._database.singly() as connection:
            connection.execute(given)
