"""
PostgreSQL as an engine of SQLAlchemy, reached by a client that does not wait for ever.

The server's own time-outs end what is slow there. A server that is hung or cut off says nothing, and TCP notices only
where nobody acknowledges: so the client counts the seconds itself.
"""

from collections.abc import Generator
from functools import partial
from time import monotonic
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from workers.runtime.thread_deadline import waits_until

STATEMENT_SECONDS = 15
BELIEVED_SECONDS = 1.0
IDLE_SECONDS = 60
"""A transaction that its process forgot must not hold its locks for ever."""

T = TypeVar("T")


class Impatient(psycopg.Connection[Any]):
    """Every statement, commit and ping of a connection waits here."""

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
        """Raises OperationalError at the thread's deadline; the connection is closed then."""
        until = waits_until()
        return super().wait(gen if until is None else self._before(until, gen), *args, **options)

    def _before(self, until: float, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """It is come back to several times a second, ready or not."""
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if monotonic() > until:
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the server did not answer in time")
                wanted = gen.send(ready)
        except StopIteration as end:
            answer: T = end.value
            return answer


def open_engine(url: URL, pool_size: int, *, connect_seconds: int, lock_seconds: int) -> Engine:
    """Connects when it is first used."""
    query = dict(url.query)
    given = str(query.pop("options", ""))
    milliseconds = {
        "statement_timeout": STATEMENT_SECONDS * 1000,
        "lock_timeout": lock_seconds * 1000,
        "idle_in_transaction_session_timeout": IDLE_SECONDS * 1000,
    }
    ours = " ".join(f"-c {name}={value}" for name, value in milliseconds.items())
    engine = create_engine(
        url.set(drivername="postgresql+psycopg", query=query),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=connect_seconds,
        hide_parameters=True,
        connect_args={
            "connect_timeout": connect_seconds,
            "options": f"{ours} {given}".strip(),
            "application_name": "trombone",
            # A link that died silently is noticed within seconds, not within the hours of the kernel's defaults.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": STATEMENT_SECONDS * 1000,
        },
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkin", _used)
    event.listen(engine, "checkout", partial(_asked, engine))
    return engine


def _used(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = monotonic()


def _asked(engine: Engine, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """A connection that was used a moment ago is believed: asking it would cost every transaction a round trip."""
    used_at = record.info.get("used_at")
    if used_at is None or monotonic() - used_at < BELIEVED_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except psycopg.Error as error:
        raise DisconnectionError("it has died") from error


def _connect(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> Impatient:
    return Impatient.connect(*arguments, **options)
