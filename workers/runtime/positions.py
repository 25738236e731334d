"""How far each mailbox has been read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.tables import mailboxes


@dataclass(frozen=True, slots=True)
class Position:
    """`uid` is the last one that is safe with us; it means something only under the same `uidvalidity` (RFC 3501)."""

    uidvalidity: int
    uid: int
    at: datetime


class Positions:
    """Every call raises DatabaseUnavailable when the database does not answer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, account: str, address: str) -> Position | None:
        query = select(mailboxes.c.uidvalidity, mailboxes.c.uid, mailboxes.c.at).where(
            mailboxes.c.account == account, mailboxes.c.address == address
        )
        with self._database.read() as connection:
            found = connection.execute(query).first()
        return Position(*found) if found else None

    def put(self, account: str, address: str, uidvalidity: int, uid: int) -> None:
        row = {"uidvalidity": uidvalidity, "uid": uid, "at": self._clock.now()}
        insert = self._database.insert(mailboxes).values(account=account, address=address, **row)
        with self._database.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["account", "address"], set_=row))
