"""The ledger in the database: apart from its port, so that a worker that never sends loads no database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, case, func, select, update

from deliver.outgoing import Receipt
from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.ledger import Busy, Claim, Doubt, Settled
from workers.runtime.tables import ledger

_CERTAINTY = {"claimed": 0, "ambiguous": 1, "not_accepted": 2, "refused": 3, "accepted": 4}
"""An outcome is only ever replaced by a more certain one, so an acceptance is final."""

_BEST_LAST = case((ledger.c.state == "accepted", 2**31 - 1), else_=ledger.c.attempt)
"""An acceptance counts, whichever attempt it came from (a late answer may settle an attempt that was given up)."""


class SqlLedger:
    """The ledger in the database. `nonce` makes what tells one claim from all others."""

    def __init__(self, database: Database, clock: Clock, nonce: Callable[[], str] = lambda: uuid4().hex) -> None:
        self._database = database
        self._clock = clock
        self._nonce = nonce

    def claim(self, account: str, message: str, part: str, *, lease_seconds: float) -> Claim | Settled | Busy | Doubt:
        with self._database.write() as connection:
            while True:
                attempts = connection.execute(select(ledger).where(ledger.c.part == part).order_by(_BEST_LAST)).all()
                if attempts and attempts[-1].state != "not_accepted":
                    return self._standing(attempts[-1])
                claim = self._next(part, len(attempts) + 1, lease_seconds)
                if self._insert(connection, claim, account, message):
                    return claim
                # Another deliverer was faster: what it wrote is visible now.

    def settle(self, claim: Claim, receipt: Receipt) -> None:
        mine = (ledger.c.part == claim.part, ledger.c.attempt == claim.attempt, ledger.c.nonce == claim.nonce)
        self._write(receipt, *mine)

    def resolve(self, part: str, receipt: Receipt) -> None:
        latest = select(func.max(ledger.c.attempt)).where(ledger.c.part == part).scalar_subquery()
        self._write(receipt, ledger.c.part == part, ledger.c.attempt == latest)

    def _next(self, part: str, attempt: int, lease_seconds: float) -> Claim:
        lease_until = self._clock.now() + timedelta(seconds=lease_seconds)
        return Claim(part=part, attempt=attempt, nonce=self._nonce(), lease_until=lease_until)

    def _insert(self, connection: Connection, claim: Claim, account: str, message: str) -> bool:
        row = {
            "part": claim.part,
            "attempt": claim.attempt,
            "account": account,
            "message": message,
            "nonce": claim.nonce,
            "claimed_at": self._clock.now(),
            "lease_until": claim.lease_until,
            "state": "claimed",
        }
        insert = self._database.insert(ledger).values(row).on_conflict_do_nothing().returning(ledger.c.part)
        return connection.execute(insert).first() is not None

    def _standing(self, row: Row[Any]) -> Settled | Busy | Doubt:
        if row.state in ("accepted", "refused"):
            receipt = msgspec.json.decode(row.receipt, type=Receipt)
            return Settled(part=row.part, attempt=row.attempt, receipt=receipt, at=row.settled_at)
        if row.state == "claimed" and self._clock.now() < row.lease_until:
            return Busy(part=row.part, attempt=row.attempt, lease_until=row.lease_until)
        return Doubt(part=row.part, attempt=row.attempt, claimed_at=row.claimed_at)

    def _write(self, receipt: Receipt, *where: ColumnElement[bool]) -> None:
        less_certain = [state for state, rank in _CERTAINTY.items() if rank < _CERTAINTY[receipt.state]]
        values = {
            "state": receipt.state,
            "receipt": msgspec.json.encode(receipt).decode(),
            "settled_at": self._clock.now(),
        }
        with self._database.write() as connection:
            connection.execute(update(ledger).where(*where, ledger.c.state.in_(less_certain)).values(values))
