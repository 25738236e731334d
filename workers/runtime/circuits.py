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


@dataclass(frozen=True, slots=True)
class Circuits:
    database: Database
    connection: Connection

    def shut_until(self, key: str, now: datetime) -> datetime | None:
        """None: it may be called. After an open time one call tries, and the others wait for what it finds."""
        row = self.connection.execute(select(circuits).where(circuits.c.key == key).with_for_update()).first()
        if row is None or row.open_until is None:
            return None
        moments = [moment for moment in (row.open_until, row.probe_until) if moment and moment > now]
        return max(moments, default=None)

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
