"""The ledger in the database: apart from its port, so that a worker that never sends loads no database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, select, update

from deliver.outgoing import Receipt
from schemas.decoders import decoder
from workers.runtime.circuits import Circuits
from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.ledger import OPEN, Busy, Claim, Doubt, Gates, Held, PartName, Settled
from workers.runtime.rates import Rates
from workers.runtime.tables import ledger

WAITING = "waiting"
"""No attempt yet, but a place in a rate: `lease_until` says when it is its turn."""

_CERTAINTY = {WAITING: -1, "claimed": 0, "ambiguous": 1, "not_accepted": 2, "refused": 3, "accepted": 4}
"""An outcome is only ever replaced by a more certain one, so an acceptance is final."""

_BEST_LAST = case((ledger.c.state == "accepted", 2**31 - 1), else_=ledger.c.attempt)
"""An acceptance counts, whichever attempt it came from (a late answer may settle an attempt that was given up)."""


class SqlLedger:
    """The ledger in the database. `nonce` makes what tells one claim from all others."""

    def __init__(self, database: Database, clock: Clock, nonce: Callable[[], str] = lambda: uuid4().hex) -> None:
        self._database = database
        self._clock = clock
        self._nonce = nonce

    def claim(
        self, name: PartName, *, lease_seconds: float, gates: Gates = OPEN
    ) -> Claim | Settled | Busy | Held | Doubt:
        with self._database.write() as connection:
            while True:
                attempts = _attempts(connection, name.part)
                last = attempts[-1] if attempts else None
                if last and last.state not in ("not_accepted", WAITING):
                    return self._standing(last)
                waiting = last if last and last.state == WAITING else None
                attempt = last.attempt if last and waiting else len(attempts) + 1
                lease_until = self._clock.now() + timedelta(seconds=lease_seconds)
                claim = Claim(name.part, attempt, self._nonce(), lease_until, gates)
                held = self._held(connection, claim, name, waiting)
                if held:
                    return held
                if self._insert(connection, claim, name, "claimed", lease_until):
                    return claim
                # Another deliverer was faster: what it wrote is visible now.

    def settle(self, claim: Claim, receipt: Receipt, *, down: bool | None = None) -> None:
        mine = and_(ledger.c.part == claim.part, ledger.c.attempt == claim.attempt, ledger.c.nonce == claim.nonce)
        gates, now = claim.gates, self._clock.now()
        with self._database.write() as connection:
            if gates.circuit and down is not None:
                Circuits(self._database, connection).note(gates.circuit, now, down=down)
            if gates.lane and receipt.retry_after_seconds:
                Rates(self._database, connection).pause(gates.lane, now, receipt.retry_after_seconds)
            self._write(connection, receipt, mine)

    def resolve(self, part: str, receipt: Receipt) -> bool:
        with self._database.write() as connection:
            latest = select(func.max(ledger.c.attempt)).where(ledger.c.part == part).scalar_subquery()
            was_in_doubt = self._is_in_doubt(_attempts(connection, part))
            return self._write(connection, receipt, and_(ledger.c.part == part, ledger.c.attempt == latest)) and (
                was_in_doubt
            )

    def reopen(self, part: str, answer: str) -> None:
        with self._database.write() as connection:
            attempts = _attempts(connection, part)
            if self._is_in_doubt(attempts) and answer not in [one.answered_by for one in attempts]:
                last = and_(ledger.c.part == part, ledger.c.attempt == attempts[-1].attempt)
                self._write(connection, Receipt("not_accepted"), last, answered_by=answer)

    def find(self, account: str, channel: str, part: str | None, external_id: str | None) -> PartName | None:
        named = ledger.c.part == part if part else ledger.c.external_id == (external_id or "")
        query = select(ledger).where(ledger.c.account == account, ledger.c.channel == channel, named).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return PartName(account, channel, row.conversation, row.message, row.part) if row else None

    def _held(self, connection: Connection, claim: Claim, name: PartName, waiting: Row[Any] | None) -> Held | None:
        """Pass all gates or none; what waits for a provider that is down gives its place in the rate up."""
        circuits, rates = Circuits(self._database, connection), Rates(self._database, connection)
        gates, now = claim.gates, self._clock.now()
        if gates.circuit and (shut := circuits.shut_until(gates.circuit, now)):
            connection.execute(delete(ledger).where(ledger.c.part == claim.part, ledger.c.state == WAITING))
            return Held(claim.part, "provider_down", shut)
        for rate in gates.others:
            if (free := rates.free_at(rate, now)) > now:
                return Held(claim.part, rate.code, free)
        if gates.lane:
            place = waiting.lease_until if waiting else rates.take(gates.lane, now)
            if place > now:
                self._insert(connection, claim, name, WAITING, place)
                return Held(claim.part, gates.lane.code, place)
        for rate in gates.others:
            rates.take(rate, now)
        if gates.circuit:
            circuits.probe(gates.circuit, claim.lease_until)
        return None

    def _insert(self, connection: Connection, claim: Claim, name: PartName, state: str, until: datetime) -> bool:
        """A new row, or the claim in the place of its own waiting row."""
        row = {
            "part": claim.part,
            "attempt": claim.attempt,
            "account": name.account,
            "channel": name.channel,
            "conversation": name.conversation,
            "message": name.message,
            "nonce": claim.nonce,
            "claimed_at": self._clock.now(),
            "lease_until": until,
            "state": state,
        }
        changed = {field: row[field] for field in ("nonce", "claimed_at", "lease_until", "state")}
        insert = self._database.insert(ledger).values(row)
        written = insert.on_conflict_do_update(
            index_elements=[ledger.c.part, ledger.c.attempt], set_=changed, where=ledger.c.state == WAITING
        )
        return connection.execute(written.returning(ledger.c.part)).first() is not None

    def _standing(self, row: Row[Any]) -> Settled | Busy | Doubt:
        if row.state in ("accepted", "refused"):
            receipt = decoder(Receipt).decode(row.receipt)
            return Settled(part=row.part, attempt=row.attempt, receipt=receipt, at=row.settled_at)
        if row.state == "claimed" and self._clock.now() < row.lease_until:
            return Busy(part=row.part, attempt=row.attempt, lease_until=row.lease_until)
        return Doubt(part=row.part, attempt=row.attempt, claimed_at=row.claimed_at)

    def _is_in_doubt(self, attempts: list[Row[Any]]) -> bool:
        return bool(attempts) and (
            attempts[-1].state not in ("not_accepted", WAITING) and isinstance(self._standing(attempts[-1]), Doubt)
        )

    def _write(self, connection: Connection, receipt: Receipt, where: ColumnElement[bool], **more: str) -> bool:
        """Whether anything was less certain than this."""
        less_certain = [state for state, rank in _CERTAINTY.items() if rank < _CERTAINTY[receipt.state]]
        values = {
            "state": receipt.state,
            "receipt": msgspec.json.encode(receipt).decode(),
            "settled_at": self._clock.now(),
            **({"external_id": receipt.external_id} if receipt.external_id else {}),
            **more,
        }
        changed = update(ledger).where(where, ledger.c.state.in_(less_certain)).values(values)
        return connection.execute(changed).rowcount > 0


def _attempts(connection: Connection, part: str) -> list[Row[Any]]:
    """The one that counts comes last."""
    return list(connection.execute(select(ledger).where(ledger.c.part == part).order_by(_BEST_LAST)))
