"""The mail server of all customers: takes what is addressed to them, says no like a real one, fails on order."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from workers.sandbox.mail_inbox import Inbox
from workers.sandbox.mail_rules import problems

HANG_SECONDS = 300


class MailFault(StrEnum):
    """Only `hang` and `accept_then_reset` take the mail; none of the others do."""

    THROTTLED = "throttled"
    """451 to RCPT: greylisting."""
    OUTAGE = "outage"
    """421, and the connection is closed."""
    FULL = "full"
    """452 after the mail."""
    TOO_LARGE = "too_large"
    """552 after the mail, although SIZE allowed it."""
    UNKNOWN = "unknown"
    """550 to RCPT."""
    RESET = "reset"
    """The connection breaks in the middle of the mail."""
    HANG = "hang"
    """The mail is taken, the answer never comes."""
    ACCEPT_THEN_RESET = "accept_then_reset"


@dataclass
class MailServer:
    """aiosmtpd's handler. `rejections` say what was refused and why."""

    folder: Path
    user: str
    password: str
    inboxes: dict[str, Inbox] = field(default_factory=dict)
    rejections: list[str] = field(default_factory=list)
    connections: int = 0
    _orders: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def order(self, fault: str, times: int) -> None:
        with self._lock:
            self._orders += [str(fault)] * times

    def inbox(self, address: str) -> Inbox:
        with self._lock:
            return self.inboxes.setdefault(address.lower(), Inbox(address.lower(), self.folder))

    def all_inboxes(self) -> tuple[Inbox, ...]:
        with self._lock:
            return tuple(self.inboxes.values())

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        del server, session, envelope, mechanism
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (
            self.user.encode(),
            self.password.encode(),
        )
        return AuthResult(success=right, handled=False)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's own names
        self, server: SMTP, session: Session, envelope: Envelope, host_name: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = host_name
        self.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        del server
        if not session.authenticated:
            return self._rejected("530 5.7.0 log in first")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        del session, options
        for fault, answer in (
            (MailFault.THROTTLED, "451 4.7.1 greylisted, try again later"),
            (MailFault.UNKNOWN, "550 5.1.1 no such user"),
            (MailFault.OUTAGE, "421 4.3.2 closing down"),
        ):
            if self._meets(fault):
                if fault is MailFault.OUTAGE:
                    await server.push(answer)
                    _break(server)
                return self._rejected(answer)
        if "@" not in address:
            return self._rejected("553 5.1.3 not an address")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        raw = cast("BinaryIO", envelope.content).read()
        if self._meets(MailFault.RESET):
            _break(server)
            return "451 gone"
        for fault, answer in ((MailFault.TOO_LARGE, "552 5.3.4 too big"), (MailFault.FULL, "452 4.3.1 no room")):
            if self._meets(fault):
                return self._rejected(answer)
        for problem in problems(raw):
            return self._rejected(f"554 5.6.0 {problem}")
        for recipient in envelope.rcpt_tos:
            self.inbox(recipient).receive(raw, envelope.mail_from or "")
        if self._meets(MailFault.HANG):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(HANG_SECONDS)
        if self._meets(MailFault.ACCEPT_THEN_RESET):
            _break(server)
        return "250 2.0.0 taken"

    def _meets(self, fault: MailFault) -> bool:
        with self._lock:
            if self._orders[:1] == [str(fault)]:
                self._orders.pop(0)
                return True
        return False

    def _rejected(self, answer: str) -> str:
        self.rejections.append(answer)
        return answer


def _break(server: SMTP) -> None:
    transport: Any = server.transport
    abort: Callable[[], None] = transport.abort
    abort()
