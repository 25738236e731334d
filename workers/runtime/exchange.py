"""
One HTTP request to a checked address, and its answer: the ground under `HttpClient` and `HttpFetcher`.

Each request has a connection of its own. A kept-alive one may have been closed by the other side just now, and then
nobody can say whether a request arrived; with a fresh one, everything before the first written byte surely did not.
"""

import http.client
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from workers.runtime.addresses import AddressNotAllowed, Target

CHUNK_BYTES = 64 * 1024


class NotReached(Exception):
    """Raised when no connection came about, so nothing was sent: unknown host, refused, time-out, TLS failure."""

    code = "not_reached"
    retryable = True


class Broken(Exception):
    """Raised when the request may have arrived but its answer did not come whole or in time."""

    code = "answer_broken"
    retryable = True


@dataclass(frozen=True, slots=True)
class Waits:
    """`idle_seconds` may pass without a byte, `total_seconds` altogether."""

    connect_seconds: float = 5.0
    idle_seconds: float = 15.0
    total_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    target: Target
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | Iterator[bytes] | None = field(repr=False, default=None)
    """An iterator needs a Content-Length among the headers."""


class Answer:
    """Status, headers (lower-case names), and a body that is read once, chunk by chunk."""

    def __init__(self, response: urllib3.BaseHTTPResponse, watch: "_Watch") -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self._response = response
        self._watch = watch

    def chunks(self) -> Iterator[bytes]:
        """The body with any content encoding undone, never more than a chunk at a time. Raises Broken."""
        nothing = True
        with self._watch.broken():
            while chunk := self._response.read(CHUNK_BYTES, decode_content=True):
                nothing = False
                yield chunk
        if (
            nothing
            and self.status not in (204, 304)
            and not {"content-length", "transfer-encoding"} & set(self.headers)
        ):
            # http.client takes a connection that ends in the middle of the headers for their end.
            raise Broken("an empty answer without a length")


@contextmanager
def exchange(call: Call, waits: Waits, context: ssl.SSLContext) -> Iterator[Answer]:
    """Raises NotReached, or Broken once the request began to be written; AddressNotAllowed if the peer is another."""
    watch = _Watch(waits.total_seconds)
    try:
        connection = _connected(call.target, waits, context, watch)
        with watch.broken():
            connection.request(
                call.method, call.target.path, call.body, call.headers, preload_content=False, decode_content=False
            )
            response = connection.getresponse()
        yield Answer(response, watch)
    finally:
        watch.close()


class _Watch:
    """Owns the socket and shuts it down when the total time is over: per-byte time-outs never end a slow drip."""

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self.over = False
        self._timer = threading.Timer(max(0.0, seconds), self._end)
        self._timer.daemon = True
        self._timer.start()

    def own(self, sock: socket.socket) -> None:
        with self._lock:
            self._sock = sock
            if self.over:
                self._shut()

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            if self._sock:
                # A half-read answer holds the socket's file open; `close` would wait for it to be collected.
                fd = self._sock.detach()
                self._sock = None
                if fd >= 0:
                    os.close(fd)

    @contextmanager
    def broken(self) -> Iterator[None]:
        """A body that ends with the connection also ends when we shut it down: that is not its end."""
        try:
            yield
        except (OSError, http.client.HTTPException, HTTPError) as error:
            raise Broken("no answer in time" if self.over else type(error).__name__) from error
        if self.over:
            raise Broken("no answer in time")

    def _end(self) -> None:
        with self._lock:
            self.over = True
            self._shut()

    def _shut(self) -> None:
        if self._sock:
            with suppress(OSError):
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # SSLSocket's own drops state a reader still uses


def _connected(target: Target, waits: Waits, context: ssl.SSLContext, watch: _Watch) -> HTTPConnection:
    try:
        sock = _dial(target, waits, watch)
        watch.own(sock)
        if target.scheme == "https":
            sock = context.wrap_socket(sock, server_hostname=target.host, do_handshake_on_connect=False)
            watch.own(sock)
            sock.do_handshake()
        if watch.over:
            raise NotReached("no connection in time")
    except OSError as error:
        raise NotReached(type(error).__name__) from error
    connection = (HTTPSConnection if target.scheme == "https" else HTTPConnection)(
        target.host, target.port, timeout=waits.idle_seconds
    )
    connection.sock = sock
    return connection


def _dial(target: Target, waits: Waits, watch: _Watch) -> socket.socket:
    """Try the checked addresses in order; then look at who answered."""
    problem: OSError = OSError("no address")
    for address in target.addresses:
        if watch.over:
            break
        try:
            sock = socket.create_connection((address, target.port), waits.connect_seconds)
        except OSError as error:
            problem = error
            continue
        if ip_address(sock.getpeername()[0]) != ip_address(address):
            sock.close()
            raise AddressNotAllowed(f"{target.host} was answered by another address than {address}")
        return sock
    raise problem
