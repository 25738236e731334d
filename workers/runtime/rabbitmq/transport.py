"""
kombu's AMQP transport with a socket that never holds up the consume loop.

py-amqp writes with a blocking `sendall`: a broker with a memory alarm stops reading, and acks and heartbeats would wait
with it. It also makes three `recv` calls for each frame. Here both directions are buffered, and after `unblock` neither
waits.
"""

import ssl
import struct
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from amqp import spec
from amqp.exceptions import UnexpectedFrame
from amqp.transport import SSLTransport, TCPTransport
from kombu.transport import pyamqp

Frame: TypeAlias = tuple[int, int, bytes]

READ_BYTES = 65_536
FRAME_END = 0xCE
FRAME_HEADER = struct.Struct(">BHI")
DELIVERY_TAG = struct.Struct(">QB")


class Arrival(NamedTuple):
    """`message` is an amqp.Message."""

    consumer: str
    tag: int
    redelivered: bool
    exchange: str
    routing_key: str
    message: Any


class _Buffered:
    """Mixed into py-amqp's sockets."""

    sock: Any
    connected: bool

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._incoming = b""
        self._parsed = 0
        self._outgoing = bytearray()

    def unblock(self) -> None:
        """From now on `write` only buffers, `fill` and `flush` do what is possible at once."""
        self.sock.setblocking(False)
        self._write = self._outgoing.extend

    def block(self, seconds: float) -> None:
        """Waiting again, for a goodbye. Raises TimeoutError when what was buffered cannot be sent in time."""
        self.sock.settimeout(seconds)
        self.sock.sendall(self._outgoing)
        self._outgoing.clear()
        self._write = self.sock.sendall

    def read_frame(self) -> Frame:
        """What py-amqp calls while it waits for an answer; after `unblock` it may not wait."""
        while (frame := self.next_frame()) is None:
            if self.sock.gettimeout() == 0:
                raise TimeoutError("an answer that is not there yet")
            self.fill()
        return frame

    def next_frame(self) -> Frame | None:
        incoming, start = self._incoming, self._parsed
        if len(incoming) - start < FRAME_HEADER.size:
            return None
        kind, channel, size = FRAME_HEADER.unpack_from(incoming, start)
        start += FRAME_HEADER.size
        end = start + size
        if len(incoming) <= end:
            return None
        if incoming[end] != FRAME_END:
            raise UnexpectedFrame(f"a frame ends with {incoming[end]:#04x}")
        self._parsed = end + 1
        return kind, channel, incoming[start:end]

    def fill(self) -> bool:
        """Read once; tells whether there may be more. Raises TimeoutError when a blocking socket's time is up."""
        try:
            data = self.sock.recv(READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        if not data:
            self.connected = False
            raise ConnectionResetError("the broker closed the connection")
        self._incoming = self._incoming[self._parsed :] + data
        self._parsed = 0
        return len(data) == READ_BYTES or bool(self.pending_bytes())

    def pending_bytes(self) -> int:
        """What TLS has decrypted already and a selector cannot see."""
        return 0

    @property
    def wants_write(self) -> bool:
        return bool(self._outgoing)

    def flush(self) -> None:
        while self._outgoing:
            try:
                sent = self.sock.send(self._outgoing)
            except (BlockingIOError, ssl.SSLWantWriteError):
                return
            del self._outgoing[:sent]


class _BufferedTcp(_Buffered, TCPTransport):  # type: ignore[misc] # py-amqp has no types
    pass


class _BufferedTls(_Buffered, SSLTransport):  # type: ignore[misc] # py-amqp has no types
    def pending_bytes(self) -> int:
        return int(self.sock.pending())


class Channel(pyamqp.Channel):
    """Hands deliveries over directly, and stays closed when the broker closed it."""

    on_delivery: Callable[[Arrival], None] | None = None

    def dispatch_method(self, method_sig: tuple[int, int], payload: bytes, content: Any) -> None:
        """A routing key that is no UTF-8 must not cost the connection, with every innocent message on it."""
        if method_sig == spec.Basic.Deliver and self.on_delivery:
            tag_end = 5 + payload[4]
            delivery_tag, redelivered = DELIVERY_TAG.unpack_from(payload, tag_end)
            exchange_at = tag_end + DELIVERY_TAG.size + 1
            exchange_end = exchange_at + payload[exchange_at - 1]
            arrival = Arrival(
                payload[5:tag_end].decode(),
                delivery_tag,
                bool(redelivered),
                payload[exchange_at:exchange_end].decode("utf-8", "replace"),
                payload[exchange_end + 1 :].decode("utf-8", "replace"),
                content,
            )
            self.on_delivery(arrival)
        else:
            super().dispatch_method(method_sig, payload, content)

    def _do_revive(self) -> None:
        # py-amqp would open the channel again and wait for the answer, before it raises why it was closed.
        self.is_open = False


class Connection(pyamqp.Connection):
    Channel = Channel

    def Transport(self, host: str, connect_timeout: float, ssl: Any, *_timeouts: Any, **options: Any) -> Any:  # noqa: N802 - py-amqp's name
        """The time-outs left out would be the kernel's (SO_SNDTIMEO), which end in the midst of a frame."""
        transport = _BufferedTls if ssl else _BufferedTcp
        return transport(host, connect_timeout=connect_timeout, ssl=ssl, **options)


class TcpTransport(pyamqp.Transport):
    Connection = Connection


class TlsTransport(pyamqp.SSLTransport):
    Connection = Connection
