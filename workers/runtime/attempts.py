"""The attempts to send, as the ledger has them: for whoever explains a message."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from deliver.outgoing import Receipt
from schemas.decoders import decoder
from workers.runtime.database import Database
from workers.runtime.tables import ledger


@dataclass(frozen=True, slots=True)
class Attempt:
    """`receipt` is what the provider's answer meant; None: there is none yet."""

    part: str
    attempt: int
    state: str
    claimed_at: datetime
    settled_at: datetime | None
    receipt: Receipt | None


def attempts_at(database: Database, parts: Collection[str]) -> list[Attempt]:
    """In the order in which they were begun. Raises DatabaseUnavailable."""
    query = (
        select(
            ledger.c.part, ledger.c.attempt, ledger.c.state, ledger.c.claimed_at, ledger.c.settled_at, ledger.c.receipt
        )
        .where(ledger.c.part.in_(parts))
        .order_by(ledger.c.claimed_at, ledger.c.part, ledger.c.attempt)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    return [Attempt(*row[:5], receipt=decoder(Receipt).decode(row.receipt) if row.receipt else None) for row in rows]
