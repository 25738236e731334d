"""Turns in the database: apart from their port, so that a worker that never sends loads no database."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Insert, delete, select, tuple_, update

from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.tables import turns
from workers.runtime.turns import Turn

KEPT = timedelta(days=1)
"""A redelivery of what has lapsed for longer would only take a turn of its own again."""


class SqlTurns:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def note(self, turn: Turn) -> None:
        with self._database.singly() as connection:
            connection.execute(self._noted(turn))

    def line_up(self, turn: Turn) -> str | None:
        mine = select(turns.c.requested_at).where(turns.c.account == turn.account, turns.c.message == turn.message)
        query = (
            select(turns.c.message)
            .where(
                turns.c.account == turn.account,
                turns.c.conversation == turn.conversation,
                turns.c.ended.is_(False),
                turns.c.lapses_at > self._clock.now(),
                tuple_(turns.c.requested_at, turns.c.message) < tuple_(mine.scalar_subquery(), turn.message),
            )
            .order_by(turns.c.requested_at, turns.c.message)
            .limit(1)
        )
        with self._database.singly() as connection:
            connection.execute(self._noted(turn))
            found: str | None = connection.execute(query).scalar()
        return found

    def keep(self, turn: Turn) -> None:
        with self._database.singly() as connection:
            connection.execute(
                update(turns)
                .where(
                    turns.c.account == turn.account,
                    turns.c.message == turn.message,
                    turns.c.lapses_at < turn.lapses_at,
                )
                .values({turns.c.lapses_at: turn.lapses_at})
            )

    def end(self, turn: Turn) -> None:
        """Also of one that was never noted: its request may still be on its way to us."""
        ended = self._database.insert(turns).values(_row(turn, ended=True))
        ended = ended.on_conflict_do_update(index_elements=[turns.c.account, turns.c.message], set_={"ended": True})
        with self._database.singly() as connection:
            connection.execute(ended)
            self._forget(connection, turn)

    def _noted(self, turn: Turn) -> Insert:
        return self._database.insert(turns).values(_row(turn, ended=False)).on_conflict_do_nothing()

    def _forget(self, connection: Connection, turn: Turn) -> None:
        long_ago = self._clock.now() - KEPT
        connection.execute(
            delete(turns).where(
                turns.c.account == turn.account,
                turns.c.conversation == turn.conversation,
                turns.c.lapses_at < long_ago,
            )
        )


def _row(turn: Turn, *, ended: bool) -> dict[str, str | datetime | bool]:
    return {
        "account": turn.account,
        "conversation": turn.conversation,
        "message": turn.message,
        "requested_at": turn.requested_at,
        "lapses_at": turn.lapses_at,
        "ended": ended,
    }
