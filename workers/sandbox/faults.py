"""What can go wrong between a sender and a provider, on order: the next calls of the API meet it."""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Fault(StrEnum):
    """Only `hang` and `accept_then_reset` take the message; none of the others do."""

    THROTTLED = "throttled"
    """429 with Retry-After, in the provider's own words."""
    OUTAGE = "outage"
    """500 in the provider's own words."""
    BAD_GATEWAY = "bad_gateway"
    """502 from something in between, in HTML."""
    RESET = "reset"
    HANG = "hang"
    """The message is taken, the answer never comes."""
    ACCEPT_THEN_RESET = "accept_then_reset"


@dataclass(frozen=True)
class Order:
    fault: Fault
    times: int


Words: TypeAlias = Callable[[int], dict[str, Any]]
"""The body that a provider gives with a status."""


class Faults:
    """The orders, and the ASGI wrapper that carries them out for every POST of the API."""

    def __init__(self, app: ASGIApp, path_prefix: str, words: Words, retry_after_seconds: int = 1) -> None:
        self._app = app
        self._prefix = path_prefix
        self._words = words
        self._retry_after = retry_after_seconds
        self._orders: list[Order] = []
        self._lock = threading.Lock()

    def order(self, fault: Fault, times: int = 1) -> None:
        """The next `times` sends meet this fault, after those ordered before."""
        with self._lock:
            self._orders.append(Order(fault, times))

    def cancel(self) -> None:
        with self._lock:
            self._orders.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_send = scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(self._prefix)
        fault = self._next() if is_send else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault in (Fault.HANG, Fault.ACCEPT_THEN_RESET):
            await self._app(scope, receive, _nowhere)
            await (_until_gone(receive) if fault is Fault.HANG else _reset(send))
        elif fault is Fault.RESET:
            await _reset(send)
        else:
            await self._answer(fault)(scope, receive, send)

    def _next(self) -> Fault | None:
        with self._lock:
            if not self._orders:
                return None
            first = self._orders[0]
            self._orders[:1] = [replace(first, times=first.times - 1)] if first.times > 1 else []
            return first.fault

    def _answer(self, fault: Fault) -> Response:
        if fault is Fault.BAD_GATEWAY:
            return Response("<html><h1>502 Bad Gateway</h1></html>", 502, media_type="text/html")
        throttled = fault is Fault.THROTTLED
        status = 429 if throttled else 500
        headers = {"Retry-After": str(self._retry_after)} if throttled else {}
        return JSONResponse(self._words(status), status, headers)


async def _nowhere(message: Message) -> None:
    """Where an answer goes that nobody gets."""


async def _until_gone(receive: Receive) -> None:
    message = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()


async def _reset(send: Send) -> None:
    """RST instead of an answer. ASGI has no word for that, so this reaches for uvicorn's own transport."""
    cycle: Any = send.__self__  # type: ignore[attr-defined]
    connection = cycle.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    cycle.transport.abort()
    # uvicorn would answer 500 for an app that says nothing; with the connection marked as gone it says nothing too.
    cycle.disconnected = True
