"""
Asking clamd whether a file is harmful: clamd(8), command INSTREAM, as ClamAV 1.4 speaks it.

The bytes go in pieces, each after its length; an empty piece is the end. Only `stream: OK` is a clean answer.
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

CONNECT_SECONDS = 5.0
PIECE_BYTES = 256 * 1024
MOST_ANSWERED = 4096
LIMITS_EXCEEDED = "Heuristics.Limits.Exceeded"
"""What clamd finds, with `AlertExceedsMax yes`, in what is too deep or too large to look through."""


class ScannerUnavailable(Exception):
    """Raised when the scanner is away, too slow, or answers with a failure of its own."""

    code = "scanner_unavailable"
    retryable = True


@dataclass(frozen=True, slots=True)
class Clean:
    """The scanner has looked through it and knows nothing against it."""


@dataclass(frozen=True, slots=True)
class Found:
    """`signature` is the scanner's name of what it found."""

    signature: str


@dataclass(frozen=True, slots=True)
class Unscanned:
    """It was not looked through to its end, and never will be: it exceeds a limit, which `why` names."""

    why: str


Verdict = Clean | Found | Unscanned


class Scanner(Protocol):
    def scan(self, path: Path) -> Verdict:
        """Raises ScannerUnavailable."""

    def version(self) -> str:
        """What it calls itself. Raises ScannerUnavailable."""


class Clamd:
    """`url` is `tcp://host:port` or `unix:/path`. Files above `max_bytes` are not offered: clamd hangs up on them."""

    def __init__(self, url: str, *, max_bytes: int, timeout_seconds: float) -> None:
        self._url = url
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds

    def scan(self, path: Path) -> Verdict:
        if path.stat().st_size > self._max_bytes:
            return Unscanned(f"larger than {self._max_bytes} bytes")
        with self._asked(b"zINSTREAM\0") as line:
            _send(line, path)
            return _verdict(line.answer())

    def version(self) -> str:
        with self._asked(b"zVERSION\0") as line:
            return line.answer()

    @contextmanager
    def _asked(self, command: bytes) -> Iterator["_Line"]:
        try:
            with _connected(self._url) as connection:
                line = _Line(connection, time.monotonic() + self._timeout_seconds)
                line.send(command)
                yield line
        except OSError as error:
            raise ScannerUnavailable(f"clamd does not answer ({type(error).__name__})") from error


class _Line:
    """A connection with one deadline for all that is said on it."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def send(self, data: bytes) -> None:
        self._hurry()
        self._connection.sendall(data)

    def answer(self) -> str:
        said = bytearray()
        while not said.endswith(b"\0") and len(said) < MOST_ANSWERED:
            self._hurry()
            more = self._connection.recv(MOST_ANSWERED)
            if not more:
                break
            said += more
        return said.removesuffix(b"\0").decode("utf-8", "replace")

    def _hurry(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)


def _connected(url: str) -> socket.socket:
    if url.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(url.removeprefix("unix:"))
        except OSError:
            connection.close()
            raise
        return connection
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), CONNECT_SECONDS)


def _send(line: _Line, path: Path) -> None:
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                line.send(struct.pack("!I", len(piece)) + piece)
        line.send(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        return  # it has heard enough, and may have said why


def _verdict(answer: str) -> Verdict:
    said = answer.removeprefix("stream: ")
    if answer == "stream: OK":
        return Clean()
    if said.startswith((LIMITS_EXCEEDED, "INSTREAM size limit exceeded")):
        return Unscanned(said.rpartition(" ")[0])
    if said.endswith(" FOUND"):
        return Found(said.removesuffix(" FOUND"))
    raise ScannerUnavailable(f"clamd answers {said[:200]!r}")
