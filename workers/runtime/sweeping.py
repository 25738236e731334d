"""What the sweep has to know: which work is overdue, and what of the intake has led to something."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import and_, func, or_, select

from workers.runtime.database import Database
from workers.runtime.tables import events, messages, sweeps


@dataclass(frozen=True, slots=True)
class Overdue:
    """A message whose next step is owed, and the bodies of the events that would bring it about."""

    account: str
    message: str
    bodies: Sequence[bytes]
    sweeps: int
    swept_at: datetime | None


class Sweeping:
    """Every call raises DatabaseUnavailable when the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def overdue(self, before: datetime | None, limit: int = 100) -> list[Overdue]:
        """Messages without an end whose deadline lies before this moment (None: all), the least often swept first."""
        query = (
            select(messages.c.account, messages.c.message, messages.c.pending, sweeps.c.sweeps, sweeps.c.swept_at)
            .outerjoin(sweeps, and_(sweeps.c.account == messages.c.account, sweeps.c.message == messages.c.message))
            .where(messages.c.ended.is_(False), messages.c.pending != "[]")
            .order_by(func.coalesce(sweeps.c.sweeps, 0), messages.c.deadline_at)
            .limit(limit)
        )
        if before is not None:
            query = query.where(messages.c.deadline_at < before)
        with self._database.read() as connection:
            found = connection.execute(query).all()
            keys = [key for row in found for key in msgspec.json.decode(row.pending)]
            owed = select(events.c.key, events.c.body).where(events.c.key.in_(keys))
            bodies = {row.key: row.body for row in connection.execute(owed)}
        return [
            Overdue(
                account=row.account,
                message=row.message,
                bodies=[bodies[key] for key in msgspec.json.decode(row.pending) if key in bodies],
                sweeps=row.sweeps or 0,
                swept_at=row.swept_at,
            )
            for row in found
        ]

    def swept(self, work: Overdue, now: datetime) -> None:
        insert = self._database.insert(sweeps).values(
            account=work.account, message=work.message, sweeps=1, swept_at=now
        )
        again = {"sweeps": sweeps.c.sweeps + 1, "swept_at": insert.excluded.swept_at}
        with self._database.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=list(sweeps.primary_key), set_=again))

    def led_on(self, roots: Collection[str]) -> set[str]:
        """
        Ids of root events that are no longer the intake's business: the record knows the message, or what came of
        the payload, or that it is a dead letter.
        """
        known = select(events.c.id).where(
            events.c.id.in_(roots), or_(events.c.message.is_not(None), events.c.how == "dead")
        )
        children = select(events.c.causation).where(events.c.causation.in_(roots))
        with self._database.read() as connection:
            return {str(one) for query in (known, children) for one in connection.execute(query).scalars()}
