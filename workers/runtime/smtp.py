"""
Mail to a mail server: checked address, TLS unless waived, one connection for many mails, streamed.

RFC 5321, RFC 1870 (SIZE), RFC 3207 (STARTTLS), RFC 4954 (AUTH); read 2026-11-22.
"""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import format_datetime
from urllib.parse import urlsplit
from weakref import finalize

from deliver.outgoing import Mail, MailAnswer, MailServer, NoAnswer, NotSent
from workers.runtime.addresses import AddressNotAllowed, Gate, HostUnknown, Target
from workers.runtime.clock import Clock, SystemClock

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 20.0
ACCEPT_SECONDS = 45.0
"""How long a server may think about a whole mail; a send's lease is longer."""
KEPT_SECONDS = 30.0
"""How long an idle connection is kept for the next mail."""
KEPT_MAILS = 100
_BLOCK_BYTES = 256 * 1024
_PORTS = {"smtps": 465, "smtp": 587}
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


class Mailer:
    """Each thread keeps a connection of its own to each server."""

    def __init__(self, gate: Gate, context: ssl.SSLContext | None = None, clock: Clock | None = None) -> None:
        self._gate = gate
        self._context = context or ssl.create_default_context()
        self._clock = clock or SystemClock()
        self._kept = threading.local()

    def mail(self, server: MailServer, mail: Mail) -> MailAnswer:
        """Raises NotSent, or NoAnswer once the server may have taken the mail."""
        try:
            session = self._fresh_enough(server) or self._connected(server, mail.sender.rpartition("@")[2])
            stamp = f"Date: {format_datetime(self._clock.now())}\r\n".encode()
            answer = session.send(mail, stamp)
        except smtplib.SMTPResponseException as said:  # greeting, EHLO, STARTTLS or AUTH
            return _answer(said.smtp_code, said.smtp_error)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(f"{server.url}: {type(error).__name__}") from error
        session.used_at = self._clock.monotonic()
        return answer

    def _fresh_enough(self, server: MailServer) -> "_Session | None":
        """The connection that this thread kept, if the other side still answers on it."""
        session: _Session | None = self._sessions.pop(server, None)
        if session is None:
            return None
        idle = self._clock.monotonic() - session.used_at
        if session.mails < KEPT_MAILS and idle < KEPT_SECONDS and session.is_alive():
            self._sessions[server] = session
            return session
        session.close()
        return None

    def _connected(self, server: MailServer, name: str) -> "_Session":
        """`name` is who we say we are: a domain of ours."""
        scheme, target = self._target(server)
        smtp = _Connection(target, name, self._context if scheme == "smtps" else None)
        try:
            smtp.ehlo_or_helo_if_needed()
            if scheme == "smtp" and not server.plain:
                smtp.starttls(context=self._context)
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        session = _Session(smtp)
        self._sessions[server] = session
        return session

    def _target(self, server: MailServer) -> tuple[str, Target]:
        """Without TLS only where the operator's allow-list names the server, as for plain HTTP."""
        parts = urlsplit(server.url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise NotSent(f"{server.url} is not the address of a mail server")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        scheme = "http" if server.plain else "https"
        try:
            target = self._gate.check(f"{scheme}://{host}:{parts.port or _PORTS[parts.scheme]}")
        except (AddressNotAllowed, HostUnknown) as error:
            raise NotSent(str(error)) from error
        return parts.scheme, target

    @property
    def _sessions(self) -> "dict[MailServer, _Session]":
        """By server and login: nobody sends in another's name."""
        if not hasattr(self._kept, "sessions"):
            self._kept.sessions = {}
        sessions: dict[MailServer, _Session] = self._kept.sessions
        return sessions


class _Connection(smtplib.SMTP):
    """Connects to checked addresses, never by name again; the name is for TLS and for the greeting."""

    def __init__(self, target: Target, name: str, context: ssl.SSLContext | None) -> None:
        self._target = target
        self._implicit = context
        super().__init__(target.host, target.port, local_hostname=name, timeout=COMMAND_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        problem: OSError = OSError("no address")
        for address in self._target.addresses:
            try:
                sock = socket.create_connection((address, port), CONNECT_SECONDS)
            except OSError as error:
                problem = error
                continue
            sock.settimeout(timeout)
            return self._implicit.wrap_socket(sock, server_hostname=host) if self._implicit else sock
        raise problem


class _Session:
    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self.mails = 0
        self.used_at = 0.0
        # A thread that ends takes its connections with it.
        finalize(self, smtp.close)

    def is_alive(self) -> bool:
        try:
            return self._smtp.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def close(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()

    def send(self, mail: Mail, stamp: bytes) -> MailAnswer:
        """One transaction. Whatever the server says first against it is its answer."""
        self.mails += 1
        size = mail.size_bytes + len(stamp)
        limit = self._smtp.esmtp_features.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < size:
            return MailAnswer(552, "5.3.4", f"the server takes {limit} bytes, the mail has {size}")
        if not mail.recipient.isascii() and not self._smtp.has_extn("smtputf8"):
            return MailAnswer(553, "5.6.7", "the server does not know SMTPUTF8")
        for command in self._commands(mail, size):
            code, text = self._smtp.docmd(command)
            if code not in (250, 251, 354):
                return _answer(code, text)
        return self._data(mail, stamp)

    def _commands(self, mail: Mail, size: int) -> Iterator[str]:
        extensions = f" SIZE={size}" if self._smtp.has_extn("size") else ""
        extensions += " SMTPUTF8" if not mail.recipient.isascii() else ""
        self._smtp.command_encoding = "utf-8"
        yield f"MAIL FROM:<{mail.sender}>{extensions}"
        yield f"RCPT TO:<{mail.recipient}>"
        yield "DATA"

    def _data(self, mail: Mail, stamp: bytes) -> MailAnswer:
        sock = self._smtp.sock
        assert sock
        with _in_doubt():
            sock.settimeout(ACCEPT_SECONDS)
            try:
                for block in _blocks(_dotted(_with(stamp, mail.pieces()))):
                    sock.sendall(block)
                code, text = self._smtp.getreply()
            except BaseException:
                # A mail that broke off must not end with its dot.
                self._smtp.close()
                raise
            sock.settimeout(COMMAND_SECONDS)
        return _answer(code, text)


@contextmanager
def _in_doubt() -> Iterator[None]:
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:
        raise NoAnswer(type(error).__name__) from error


def _answer(code: int, text: bytes | str) -> MailAnswer:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    enhanced = _ENHANCED.match(said)
    return MailAnswer(code, enhanced[0] if enhanced else "", said[len(enhanced[0]) if enhanced else 0 :].strip()[:1000])


def _with(stamp: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield stamp
    yield from pieces


def _dotted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Dots at the beginning of a line are doubled (RFC 5321 section 4.5.2), also where a line begins a piece."""
    before = b"\r\n"
    for piece in pieces:
        if not piece:
            continue
        stuffed = (before[-2:] + piece).replace(b"\r\n.", b"\r\n..")
        yield stuffed[len(before[-2:]) :]
        before = (before + piece)[-2:]
    yield b".\r\n" if before == b"\r\n" else b"\r\n.\r\n"


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _BLOCK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
