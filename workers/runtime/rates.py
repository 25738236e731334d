"""
Send rates, kept across all deliverers: one row per rate says when the next message of it may leave.

Every call works inside the transaction of a claim: the row's lock makes deliverers take turns (SQLite has one writer).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from workers.runtime.database import Database
from workers.runtime.ledger import Rate
from workers.runtime.tables import rates


@dataclass(frozen=True, slots=True)
class Rates:
    database: Database
    connection: Connection

    def free_at(self, rate: Rate, now: datetime) -> datetime:
        """When the next one may leave; the row stays locked, so that nobody takes the place in between."""
        return _place(rate, self._locked(rate, now), now)

    def take(self, rate: Rate, now: datetime) -> datetime:
        """The place in the rate that is now ours."""
        found = self._locked(rate, now)
        self._write(rate, max(found, now) + timedelta(seconds=rate.seconds))
        return _place(rate, found, now)

    def pause(self, rate: Rate, now: datetime, seconds: float) -> None:
        """The provider asked for it: whoever has no place yet waits so long."""
        longest = timedelta(seconds=seconds + rate.seconds * (rate.burst - 1))
        self._write(rate, max(self._locked(rate, now), now + longest))

    def _locked(self, rate: Rate, now: datetime) -> datetime:
        query = select(rates.c.free_at).where(rates.c.key == rate.key).with_for_update()
        found: datetime | None = self.connection.execute(query).scalar()
        if found is None:
            begun = self.database.insert(rates).values({"key": rate.key, "free_at": now}).on_conflict_do_nothing()
            self.connection.execute(begun)
            found = self.connection.execute(query).scalar_one()
        return found

    def _write(self, rate: Rate, free_at: datetime) -> None:
        self.connection.execute(update(rates).where(rates.c.key == rate.key).values({rates.c.free_at: free_at}))


def _place(rate: Rate, free_at: datetime, now: datetime) -> datetime:
    return max(free_at - timedelta(seconds=rate.seconds * (rate.burst - 1)), now)
