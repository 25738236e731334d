"""A TCP link that can be slow, silent or cut: stands between a client and a real server."""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65_536
PIECE_SECONDS = 0.05


class TcpProxy:
    """
    `with TcpProxy(rabbit.url) as link: connect(link.url); link.black_hole(); …; link.heal()`.

    `url` is the server's with the link's address in it. It runs in a thread of its own.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._delay = 0.0
        self._seconds_per_byte = 0.0
        self._flaky = 0.0
        self._chance = random.Random(1)
        self._cut = False
        self._open = asyncio.Event()
        self._open.set()
        self._heard = asyncio.Event()
        self._heard.set()
        self.held = 0
        """Connections and chunks that wait in a black hole right now."""

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        user, at, _ = self._target.netloc.rpartition("@")
        return urlunsplit(self._target._replace(netloc=f"{user}{at}127.0.0.1:{self.port}"))

    def heal(self) -> None:
        """Everything passes; what a black hole held back arrives now."""
        self._delay, self._cut, self._flaky, self._seconds_per_byte = 0.0, False, 0.0, 0.0
        self._run(self._open.set)
        self._run(self._heard.set)

    def delay(self, seconds: float) -> None:
        """Every chunk waits, in both directions."""
        self._delay = seconds

    def rate(self, bytes_per_second: float) -> None:
        """No faster than this, each connection and direction for itself."""
        self._seconds_per_byte = 1 / bytes_per_second

    def flaky(self, share: float) -> None:
        """This share of what clients say meets a reset instead."""
        self._flaky = share

    def black_hole(self) -> None:
        """Nothing passes and nobody is told: open connections stay open, new ones open and stay silent."""
        self._run(self._open.clear)

    def mute(self) -> None:
        """What the client says does not arrive, and it is not told; what the server says passes."""
        self._run(self._heard.clear)

    def reset(self) -> None:
        """Every open connection is reset (RST), and so is every new one until `heal`."""
        self._cut = True
        self._run(self._reset_all)

    def reset_once(self) -> None:
        """Every open connection is reset (RST); new ones pass."""
        self._run(self._reset_all)

    def _run(self, change: Callable[[], None]) -> None:
        async def on_loop() -> None:
            change()

        asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(5)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._connect, "127.0.0.1", 0)

    async def _close(self) -> None:
        self._server.close()
        self._reset_all()
        ours = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not ours]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self._cut:
            self._reset(writer)
            return
        await self._pass(self._open)
        try:
            up_reader, up_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        except OSError:
            self._reset(writer)
            return
        self._writers.add(up_writer)
        await asyncio.gather(self._pump(reader, up_writer, self._heard), self._pump(up_reader, writer))

    async def _pass(self, *gates: asyncio.Event) -> None:
        self.held += 1
        try:
            for gate in gates:
                await gate.wait()
        finally:
            self.held -= 1

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *gates: asyncio.Event) -> None:
        try:
            while chunk := await reader.read(CHUNK):
                if gates and self._chance.random() < self._flaky:
                    raise ConnectionResetError
                if self._delay:
                    await asyncio.sleep(self._delay)
                for piece in self._pieces(chunk):
                    await self._pass(self._open, *gates)
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(self._seconds_per_byte * len(piece))
        except OSError:
            self._reset(writer)
        finally:
            self._writers.discard(writer)
            writer.close()

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        """A thin link brings a little at a time, and not nothing for long."""
        size = max(1, round(PIECE_SECONDS / self._seconds_per_byte)) if self._seconds_per_byte else CHUNK
        return (chunk[start : start + size] for start in range(0, len(chunk), size))

    def _reset_all(self) -> None:
        for writer in list(self._writers):
            self._reset(writer)

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        """Close with RST instead of FIN."""
        self._writers.discard(writer)
        connection = writer.get_extra_info("socket")
        if connection.fileno() >= 0:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
