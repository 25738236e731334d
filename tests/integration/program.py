"""A `trombone` command as a process of its own: started, stopped, killed, and listened to."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.polling import eventually
from tests.services.process import tied_to_us

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "workers")
STOP_SECONDS = 15.0
"""What every process promises after SIGTERM."""


class Program:
    """`log` is a file that all its lives write to. Start it from a thread that lives as long as it shall."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.name = name
        self.environ = environ
        self.path = log
        self._command = (*command, *arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self._begins = 0

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        self._begins = self.path.stat().st_size if self.path.exists() else 0
        with self.path.open("ab") as log:
            self._process = subprocess.Popen(
                tied_to_us(self._command),
                cwd=ROOT,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """Of its last life; None while it lasts."""
        return self._process.poll() if self._process else None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def terminate(self) -> None:
        """SIGTERM; `wait` tells how it ended."""
        assert self._process
        self._process.terminate()

    def wait(self, within: float = STOP_SECONDS) -> int:
        """The exit code. Raises TimeoutExpired."""
        assert self._process
        return self._process.wait(within)

    def stop(self) -> int:
        self.terminate()
        return self.wait()

    def kill(self) -> list[int]:
        """Kill -9, of this one process alone. Which processes it leaves behind, when they had time to go too."""
        assert self._process
        family = descendants(self._process.pid)
        self._process.kill()
        self._process.wait()
        with suppress(AssertionError):
            eventually(lambda: not any(map(is_alive, family)), within=5)
        return [pid for pid in family if is_alive(pid)]

    def close(self) -> None:
        """Whatever it takes, its whole family included."""
        if self._process is None:
            return
        for pid in [*descendants(self._process.pid), self._process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def log(self) -> str:
        return self.path.read_text(errors="replace") if self.path.exists() else ""

    def said(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """The lines of its present life about this event."""
        with self.path.open("rb") as log:
            log.seek(self._begins)
            lines = [json.loads(line) for line in log if line.startswith(b"{") and line.endswith(b"}\n")]
        wanted = {"event": event, **fields}
        return [line for line in lines if all(line.get(name) == value for name, value in wanted.items())]


def descendants(pid: int) -> list[int]:
    """The processes below this one, children before grandchildren."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *descendants(child)]
    return found


def is_alive(pid: int) -> bool:
    """A zombie is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def memory_mib(pid: int) -> float:
    """What the process has for itself and its share of what it shares (PSS)."""
    with Path(f"/proc/{pid}/smaps_rollup").open() as rollup:
        kilobytes = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    return kilobytes / 1024


def is_confined(pid: int) -> bool:
    """A decoding child is, once it runs its job; frozen before, it could not even die with its parent."""
    try:
        return "NoNewPrivs:\t1" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def freeze_first_child(program: Program, within: float) -> int:
    """Wait until its fork server has a decoding child, and stop that in the middle of what it does: its id."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for server in descendants(program.pid):
            for child in filter(is_confined, descendants(server)):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGSTOP)
                    return child
    raise AssertionError(f"{program.name} decoded nothing within {within:g} seconds")
