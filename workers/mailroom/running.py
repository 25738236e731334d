"""The mailroom's doors and pollers, at work while the context lasts."""

import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Self

from workers.mailroom.door import Door
from workers.mailroom.poller import login_of, poll
from workers.mailroom.services import MailroomServices


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen; a port that is None stays closed, 0 takes a free one."""

    host: str = "127.0.0.1"
    smtp_port: int | None = None
    lmtp_port: int | None = None
    tls: ssl.SSLContext | None = None


def offered(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """What STARTTLS offers; None without a certificate."""
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class Mailroom:
    """`smtp` and `lmtp` are the doors that are open."""

    def __init__(self, services: MailroomServices, listening: Listening, stop: Flag | None = None) -> None:
        self._stop = stop or Flag()
        self._stack = ExitStack()
        host, tls = listening.host, listening.tls
        ports = {False: listening.smtp_port, True: listening.lmtp_port}
        doors = {
            lmtp: Door(services, host, port, tls=tls, lmtp=lmtp) for lmtp, port in ports.items() if port is not None
        }
        self.smtp, self.lmtp = doors.get(False), doors.get(True)
        self._pollers = [
            Thread(target=poll, args=(services, one, login, self._stop), name=f"imap-{one.account}", daemon=True)
            for one in services.mailboxes
            if (login := login_of(one))
        ]

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for door in (self.smtp, self.lmtp):
                if door:
                    stack.enter_context(door)
            self._stack = stack.pop_all()
        for poller in self._pollers:
            poller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._stack.close()
        for poller in self._pollers:
            poller.join(timeout=10)
