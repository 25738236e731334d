"""Serves the gateway until told to stop, from any thread."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

import uvicorn
from starlette.applications import Starlette

GRACE_SECONDS = 8
"""For requests in hand at shutdown; a worker's whole stop may take 15."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one (`.getsockname()[1]`)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is spelled out; else every answer waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(1024)
    return listening


def serve(app: Starlette, listening: socket.socket, stop: Flag) -> None:
    """Return when `stop` is set and the requests in hand are answered. Signals are the caller's business."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_SECONDS
    )
    server = _Server(config)
    watcher = Thread(target=_pass_on, args=(stop, app, server), daemon=True, name="gateway-stop")
    watcher.start()
    try:
        server.run(sockets=[listening])
    finally:
        stop.set()
        watcher.join()
        listening.close()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn would put its own handlers in place of the runtime's."""
        yield


def _pass_on(stop: Flag, app: Starlette, server: uvicorn.Server) -> None:
    stop.wait()
    app.state.stopping.set()
    server.should_exit = True
