"""A private PostgreSQL cluster from Debian's package."""

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.services.missing import program
from tests.services.process import LOOPBACK, Server, free_port, run_as

INSTALL = "apt-get install postgresql"
USER = "trombone"
PASSWORD = "trombone"


class Postgres(Server):
    name = "postgres"
    user = "postgres"
    polite_signal = signal.SIGINT
    """Its fast shutdown: SIGTERM would wait for the clients to leave."""

    def __init__(self) -> None:
        places = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
        self._postgres = program("postgres", *places, install=INSTALL)
        super().__init__()
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}:{PASSWORD}@{LOOPBACK}:{self.port}/postgres"

    def start(self) -> None:
        if not self._data.exists():
            self._make_cluster()
        settings = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._spawn([self._postgres, "-D", self._data, *options], {"HOME": str(self.folder)})
        self._wait_until_up(self._answers)

    def close(self) -> None:
        """Politely: kill -9 would leave its shared memory behind."""
        self.stop()
        super().close()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _make_cluster(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        command: list[str | Path] = [self._postgres.with_name("initdb"), "-D", self._data]
        options = ["-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password}"]
        subprocess.run(
            [*command, *options],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            **run_as(self.user),
        )

    def _answers(self) -> bool:
        try:
            connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True


def connect(url: str) -> psycopg.Connection:
    """A plain connection for tests that look behind our back; each statement commits itself."""
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True, connect_timeout=5)


@contextmanager
def database(url: str) -> Iterator[str]:
    """A database of one's own on the same server: its SQLAlchemy URL. It is gone afterwards."""
    name = f"t_{secrets.token_hex(6)}"
    with connect(url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield url.rsplit("/", 1)[0] + f"/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
