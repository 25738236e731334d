"""Alembic's migrations, run from code: no file to configure, and nothing to type on a server."""

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

_LOCK = 0x74726F6D626F6E65
"""The word trombone in ASCII, as the number of a PostgreSQL advisory lock."""


_ONE_THREAD = Lock()
"""Alembic keeps what it is doing in module globals."""


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Inside the caller's transaction: all or nothing, one process at a time."""
    with _ONE_THREAD:
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Waiting for another process's migration is no reason to give up.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    command.upgrade(configuration(connection), "head")
