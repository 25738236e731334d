"""The running fork server, as the worker holds it."""

import subprocess
import sys
from pathlib import Path
from socket import AF_UNIX, SOCK_SEQPACKET, send_fds, socket, socketpair

from msgspec import DecodeError

import workers
from workers.runtime.forking.messages import PACKET_BYTES, Order, Ready, decode_ready, encode

_START_SECONDS = 30.0
_SEND_SECONDS = 10.0
_DYING_SECONDS = 0.5
_CODE = Path(workers.__file__ or "").parents[1]
"""Where our packages lie: the empty environment says nothing about it."""

_GIB = 1 << 30
_MALLOC = {"hugetlb": 1, "mmap_threshold": _GIB, "trim_threshold": _GIB}
_ENVIRONMENT = {"GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in _MALLOC.items())}
"""
A child fills a few large pictures and ends: it asks for huge pages and keeps what it has freed. Touching fresh pages of
4 KiB would be a quarter of its time (glibc manual, "Memory Allocation Tunables"; another libc ignores this).
"""


class DecoderUnavailable(Exception):
    """Raised when the fork server cannot be started: the machine's fault, never a file's."""

    code = "decoder_unavailable"
    retryable = True


class LinkLost(Exception):
    """Raised when the fork server ended in the middle of a job."""

    code = "decoder_lost"
    retryable = True


class Link:
    def __init__(self, process: subprocess.Popen[bytes], control: socket, ready: Ready) -> None:
        self._process = process
        self._control = control
        self.without = tuple(ready.without)
        """The kinds of confinement that this machine refused."""

    @property
    def pid(self) -> int:
        return self._process.pid

    @classmethod
    def open(cls, modules: tuple[str, ...]) -> "Link":
        """Start the server: a fresh interpreter, nothing of our environment, no open file but its control socket."""
        ours, theirs = socketpair(AF_UNIX, SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module names
                [sys.executable, "-m", "workers.runtime.forking.server", *modules],
                env=_ENVIRONMENT,
                cwd=_CODE,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C at the terminal is the worker's to handle
            )
        ours.settimeout(_START_SECONDS)
        try:
            ready = decode_ready(ours.recv(PACKET_BYTES))
        except (OSError, DecodeError) as error:
            ours.close()
            process.kill()
            process.wait()
            raise DecoderUnavailable(f"the fork server did not start (exit code {process.returncode})") from error
        ours.settimeout(_SEND_SECONDS)
        return cls(process, ours, ready)

    def send(self, order: Order, answers: socket) -> None:
        """Raises LinkLost."""
        try:
            send_fds(self._control, [encode(order)], [answers.fileno()])
        except OSError as error:
            self.close()
            raise LinkLost from error

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def is_gone(self) -> bool:
        """Whether the server has ended; a moment is allowed for a death that its sockets announced first."""
        try:
            self._process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        """Kill the server; its children die with it."""
        self._control.close()
        self._process.kill()
        self._process.wait()
