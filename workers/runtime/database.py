"""
The database: PostgreSQL, or SQLite in a file for the embedded default. One set of tables for both.

SQLite has one writer at a time and no row locks: a writing transaction takes the whole file at its start, so that it
waits its turn instead of failing in the middle.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from workers.runtime.thread_deadline import within

CONNECT_SECONDS = 5
LOCK_SECONDS = 10
TRANSACTION_SECONDS = 20.0
"""So long a transaction may take from asking for a connection until its end, whatever the server does."""

AWAY = "database_unavailable"
_READING = "trombone_reading"
_CONFLICTS = {"40001", "40P01"}
"""PostgreSQL: serialization_failure, deadlock_detected."""
_UNDEFINED_TABLE = "42P01"
_TIMEOUTS = {"55P03", "57014"}
"""PostgreSQL: lock_not_available, query_canceled."""


class DatabaseUnavailable(Exception):
    """
    Raised when the database did not answer in time, or wants the transaction to be tried again.

    `database_unavailable`: no connection; `database_slow`: a lock or statement took too long; `database_conflict`:
    two transactions stood in each other's way; `database_not_migrated`: the tables are still to be made.

    `away`: it would have failed whatever was asked, so this says nothing about who asked.
    """

    retryable = True

    def __init__(self, code: str, detail: str, *, away: bool = True) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.away = away


class Database:
    """Connects when it is first used; safe to share between threads, not across a fork."""

    def __init__(self, url: str, *, pool_size: int = 5, transaction_seconds: float = TRANSACTION_SECONDS) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine = _sqlite(parsed, pool_size) if self.is_sqlite else _postgresql(parsed, pool_size)
        self._seconds = transaction_seconds

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, committed when the block ends well. Raises DatabaseUnavailable."""
        with _mapped(), within(self._seconds), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def singly(self) -> Iterator[Connection]:
        """Statements that need not be together: each is committed by itself. Raises DatabaseUnavailable."""
        with self.write() if self.is_sqlite else self._each_alone() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Statements that write nothing, wait for no writer and need not see the same. Raises DatabaseUnavailable."""
        with self._each_alone() as connection:
            yield connection

    @contextmanager
    def _each_alone(self) -> Iterator[Connection]:
        """Without the round trips that begin and end a transaction."""
        options: dict[str, Any] = {_READING: True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        with self._connected(**options) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Statements that all see the database as it was at the first of them. Raises DatabaseUnavailable."""
        options: dict[str, Any] = {_READING: True} | ({} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"})
        with self._connected(**options) as connection:
            yield connection

    @contextmanager
    def _connected(self, **options: Any) -> Iterator[Connection]:
        with _mapped(), within(self._seconds), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that knows ON CONFLICT, which both databases spell alike."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def migrate(self) -> None:
        """Bring the tables up to date; safe when several processes start at once."""
        from workers.runtime.migrations import upgrade  # noqa: PLC0415 - only who migrates needs alembic

        with _mapped(), self.engine.begin() as connection:
            upgrade(connection)

    def ask(self) -> None:
        """Whether it answers at all. Raises DatabaseUnavailable."""
        with self.read() as connection:
            connection.execute(select(1))

    def close(self) -> None:
        self.engine.dispose()


def _postgresql(url: URL, pool_size: int) -> Engine:
    from workers.runtime.postgresql import open_engine  # noqa: PLC0415 - only who uses it needs psycopg

    return open_engine(url, pool_size, connect_seconds=CONNECT_SECONDS, lock_seconds=LOCK_SECONDS)


def _sqlite(url: URL, pool_size: int) -> Engine:
    if not url.database:
        raise ValueError("SQLite needs a file: sqlite:///<path>")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=CONNECT_SECONDS,
        hide_parameters=True,
        connect_args={"timeout": LOCK_SECONDS},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own idea of when a transaction begins comes too late (at the first write).
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # What a door has answered for must survive a power cut; NORMAL would only survive a crash of ours.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable("database_slow", "no connection became free") from error
    except DBAPIError as error:
        if _lacks_tables(error):
            raise DatabaseUnavailable("database_not_migrated", "run `trombone migrate` first") from error
        if not _is_unavailable(error):
            raise
        code = _code(error)
        raise DatabaseUnavailable(code, type(error.orig).__name__, away=code == AWAY) from error


def _lacks_tables(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE or "no such table" in str(error.orig)


def _is_unavailable(error: DBAPIError) -> bool:
    if isinstance(error, OperationalError | InterfaceError):
        return not _is_our_bug(error)
    return bool(error.connection_invalidated)


def _is_our_bug(error: DBAPIError) -> bool:
    """SQLite calls a wrong statement an operational error too."""
    return bool(getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR)


def _code(error: DBAPIError) -> str:
    state = getattr(error.orig, "sqlstate", None)
    primary = (getattr(error.orig, "sqlite_errorcode", None) or 0) & 0xFF
    if state in _CONFLICTS:
        return "database_conflict"
    if state in _TIMEOUTS or primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "database_slow"
    return AWAY
