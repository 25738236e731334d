"""A mail server's listening side on a thread of its own: for the mailroom's doors, and for the sandbox's."""

import asyncio
import socket
from collections.abc import Awaitable, Mapping
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from workers.runtime.smtp_data import Spooling

BUFFER_BYTES = 64 * 1024
"""How much of a connection is read ahead, and how long a command may be; the lines of a mail have no limit."""
READY_SECONDS = 10


class SmtpServer:
    """
    Bound at once (`address`; port 0 takes a free one), listens while the context lasts.

    `handler` and `options` are aiosmtpd's, but that a mail's content is a file. `lmtp`: LHLO instead of EHLO, and a
    reply for each recipient.
    """

    def __init__(
        self, handler: object, host: str, port: int, options: Mapping[str, Any], *, lmtp: bool = False
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=128)
        self._controller = _Listening(handler, *self.address, ready_timeout=READY_SECONDS)
        self._controller.bound = self._socket
        self._controller.options = options
        kinds = (Spooling, LMTP) if lmtp else (Spooling,)
        self._controller.kind = type("Door", kinds, {"line_length_limit": BUFFER_BYTES})

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
        self._socket.close()


class _Listening(Controller):
    kind: type[SMTP] = SMTP
    options: Mapping[str, Any]
    bound: socket.socket

    def factory(self) -> SMTP:
        return self.kind(self.handler, **self.options)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self.bound)
