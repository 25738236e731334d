"""One AMQP connection with one channel: opened with patience, then driven by a loop without ever waiting."""

import math
import socket
import struct
from collections.abc import Callable
from typing import Any

from amqp.exceptions import AMQPError
from kombu.connection import Connection

from workers.runtime.rabbitmq import transport

HEADER_FRAME = 2
NO_PROPERTIES = b"\0\0"
BEATS_PER_HEARTBEAT = 4

UNREADABLE = (AMQPError, ValueError, OverflowError, struct.error)
"""What py-amqp raises about properties no honest client sends: bytes that are no UTF-8, a date in the year 10^9."""


class LinkLost(Exception):
    """Raised when the connection to the broker is gone, or the broker closed its channel; the message says why."""

    code = "broker_unavailable"
    retryable = True


class Link:
    """Every method raises LinkLost; after that only `drop` may be called."""

    def __init__(self, url: str, *, name: str, heartbeat: float, timeout: float) -> None:
        """
        Connect and open the channel; calls on `channel` may wait for answers until `unblock`.

        `heartbeat` is rounded up to whole seconds. It must be set: without, a dead link is never noticed.
        """
        self._blocked = False
        kind: type[transport.TcpTransport | transport.TlsTransport] = transport.TcpTransport
        tls: dict[str, Any] | bool = False
        if url.startswith("amqps:"):
            kind = transport.TlsTransport
            tls = {"server_hostname": None}  # kombu puts the host here; without the key the name would not be checked
        connection = Connection(  # type: ignore[no-untyped-call] # kombu is typed in part
            url,
            transport=kind,
            ssl=tls,
            heartbeat=max(1, math.ceil(heartbeat)),
            connect_timeout=timeout,
            transport_options={
                "client_properties": {"connection_name": name},
                "on_blocked": self._on_blocked,
                "on_unblocked": self._on_unblocked,
                # py-amqp's default of one second ends a connection that the broker just does not read from (an alarm).
                "socket_settings": {socket.TCP_USER_TIMEOUT: 0},
            },
        )
        self._connection: Any = self._try(connection.transport.establish_connection)
        self._socket: Any = self._connection.transport
        self._socket.sock.settimeout(timeout)
        self.channel: Any = self.call(self._connection.channel)
        self._next_beat = 0.0

    def fileno(self) -> int:
        return int(self._socket.sock.fileno())

    @property
    def blocked(self) -> bool:
        """The broker has an alarm and reads nothing that is published here."""
        return self._blocked

    @property
    def wants_write(self) -> bool:
        return bool(self._socket.wants_write)

    def call(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """A method that waits for the broker's answer, at most for the time-out."""
        try:
            return self._try(method, *args, **options)
        except LinkLost:
            self.drop()
            raise

    def unblock(self) -> None:
        """Nothing waits any more. What came along with the last answer is dispatched now: no selector would tell."""
        self._socket.unblock()
        self.read()

    def read(self) -> None:
        """Dispatch every frame that is there."""
        self._try(self._read)

    def flush(self) -> None:
        self._try(self._socket.flush)

    def beat(self, now: float) -> None:
        """Send heartbeats and miss theirs, by the clock: a busy link is checked as often as an idle one."""
        if now >= self._next_beat:
            self._next_beat = now + self._connection.heartbeat / BEATS_PER_HEARTBEAT
            self._try(self._connection.heartbeat_tick)

    def close(self, timeout: float) -> None:
        """
        Say goodbye, so that acks still on their way are not lost with the socket, but wait for it only so long.

        The answer may never come: on a dead link, kombu's own way of leaving a consumer waits for ever.
        """
        try:
            self._try(self._socket.block, timeout)
            self._try(self._connection.close)
        except LinkLost:
            pass
        finally:
            self.drop()

    def drop(self) -> None:
        self._connection.collect()

    def _read(self) -> None:
        more = True
        while more:
            more = self._socket.fill()
            while (frame := self._socket.next_frame()) is not None:
                self._take(frame)

    def _take(self, frame: transport.Frame) -> None:
        try:
            self._connection.on_inbound_frame(frame)
        except UNREADABLE:
            kind, channel, payload = frame
            if kind != HEADER_FRAME:
                raise
            # Only the properties are unreadable: the message itself goes its way to a dead-letter queue.
            self._connection.on_inbound_frame((kind, channel, payload[:12] + NO_PROPERTIES))

    def _try(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        try:
            return method(*args, **options)
        except (AMQPError, OSError, UnicodeDecodeError) as error:
            raise LinkLost(str(error) or type(error).__name__) from error

    def _on_blocked(self, _reason: str) -> None:
        self._blocked = True

    def _on_unblocked(self) -> None:
        self._blocked = False
