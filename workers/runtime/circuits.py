"""
Circuits: a provider that is down is left alone for a growing time, by all deliverers, instead of burning attempts.

A row exists only while calls fail. Every call works inside the transaction of a claim or an outcome.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from workers.runtime.database import Database
from workers.runtime.tables import circuits

OUTAGES_IN_A_ROW = 5
"""So many failed calls without an answer between them mean that it is the provider, not the message."""
FIRST_SECONDS = 10.0
LONGEST_SECONDS = 300.0
PROBE_SECONDS = 5.0
"""While somebody tries, the others ask again so soon: what it finds is known long before its lease ends."""


@dataclass(frozen=True, slots=True)
class Circuits:
    database: Database
    connection: Connection

    def shut_until(self, key: str, now: datetime) -> datetime | None:
        """None: it may be called. After an open time one call tries, and the others wait for what it finds."""
        row = self.connection.execute(select(circuits).where(circuits.c.key == key).with_for_update()).first()
        open_until: datetime | None = row.open_until if row else None
        probe_until: datetime | None = row.probe_until if row else None
        if open_until and open_until > now:
            return open_until
        if open_until and probe_until and probe_until > now:
            return min(probe_until, now + timedelta(seconds=PROBE_SECONDS))
        return None

    def probe(self, key: str, until: datetime) -> None:
        """A call is about to be made; while it lasts it is the only one, if the circuit was open."""
        self.connection.execute(
            update(circuits)
            .where(circuits.c.key == key, circuits.c.open_until.is_not(None))
            .values({circuits.c.probe_until: until})
        )

    def note(self, key: str, now: datetime, *, down: bool) -> None:
        """What a call has shown. One that began before the circuit opened does not make it stay open longer."""
        if not down:
            self.connection.execute(delete(circuits).where(circuits.c.key == key))
            return
        begun = self.database.insert(circuits).values({"key": key, "outages": 0}).on_conflict_do_nothing()
        self.connection.execute(begun)
        row = self.connection.execute(select(circuits).where(circuits.c.key == key).with_for_update()).one()
        if row.open_until and now < row.open_until:
            return
        outages = row.outages + 1
        values = {"outages": outages, "open_until": _open_until(outages, now), "probe_until": None}
        self.connection.execute(update(circuits).where(circuits.c.key == key).values(values))


def _open_until(outages: int, now: datetime) -> datetime | None:
    if outages < OUTAGES_IN_A_ROW:
        return None
    longer = min(outages - OUTAGES_IN_A_ROW, 10)
    return now + timedelta(seconds=min(FIRST_SECONDS * 2**longer, LONGEST_SECONDS))
