"""A server as a child process that does not outlive us, in a temporary folder that does not either."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.polling import eventually

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listens on, below the range from which the kernel takes the ports of outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(20_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port


class Server:
    """
    One server with a folder of its own. `stop` is polite and `kill` is kill -9; after both, `start` finds the old data.

    Leaving the `with` block stops it and removes the folder.
    """

    name = "server"
    user: str | None = None
    """Who runs it when we are root and it refuses to be."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"trombone-{self.name}-"))
        self._process: subprocess.Popen[bytes] | None = None
        if self.user and os.geteuid() == 0:
            shutil.chown(self.folder, self.user)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it answers."""
        raise NotImplementedError

    def stop(self, patience: float = 20.0) -> None:
        """Ask it to end, and kill it when it does not within `patience` seconds."""
        if self._process is None:
            return
        self._signal(self.polite_signal)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    polite_signal = signal.SIGTERM

    def kill(self) -> None:
        """What a power cut looks like."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Nobody needs the data any more, so nothing is gained by being polite."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        path = self.folder / "output.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def _spawn(self, command: Sequence[str | Path], environ: Mapping[str, str]) -> None:
        with (self.folder / "output.log").open("ab") as log:
            self._process = subprocess.Popen(
                tied_to_us(command),
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **run_as(self.user),
            )

    def _wait_until_up(self, answers: Callable[[], bool], within: float = 60.0) -> None:
        def up() -> bool:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended instead of starting:\n{self.log()}")
            return answers()

        try:
            eventually(up, within, every=0.1)
        except AssertionError:
            raise RuntimeError(f"{self.name} was not up after {within:g} seconds:\n{self.log()}") from None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return


def run_as(user: str | None) -> dict[str, Any]:
    """The arguments of Popen that give up root."""
    if user is None or os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def tied_to_us(command: Sequence[str | Path]) -> list[str]:
    """The kernel kills it when the thread that started it is gone: even kill -9 of a test run leaves nothing behind."""
    tie = shutil.which("setpriv")
    return [*([tie, "--pdeathsig", "KILL"] if tie else []), *map(str, command)]
