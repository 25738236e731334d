"""
One mailbox over IMAP: read, never changed unless asked.

RFC 3501, RFC 2177 (IDLE); read 2026-11-22.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from threading import Event as Flag
from time import monotonic
from typing import BinaryIO
from urllib.parse import urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from workers.runtime.addresses import AddressNotAllowed, Gate, HostUnknown, Target

TIMEOUT_SECONDS = 60.0
IDLE_SECONDS = 120.0
"""
RFC 2177 says to renew an IDLE before 29 minutes. A mail that comes at the very end of another command may be told
there, where nobody listens: so soon somebody looks all the same.
"""
POLL_SECONDS = 60.0
"""Between looks where the server does not know IDLE."""
LOOK_SECONDS = 1.0
PIECE_BYTES = 4 * 1024 * 1024
"""All that is in memory of a mail; most come in one."""
_PORTS = {"imaps": 993, "imap": 143}


class MailboxUnavailable(Exception):
    """Raised when the mailbox cannot be read at the moment: no connection, no login, a broken answer."""

    code = "mailbox_unavailable"
    retryable = True


@dataclass(frozen=True, slots=True)
class Login:
    """`url` is `imaps://host:993` or `imap://host:143` (STARTTLS). `plain`: without TLS, where that is allowed."""

    url: str
    user: str
    password: str
    mailbox: str = "INBOX"
    plain: bool = False


class Mailbox:
    """An open, selected mailbox. Every method raises MailboxUnavailable."""

    def __init__(self, client: IMAPClient, uidvalidity: int, uidnext: int) -> None:
        self._client = client
        self.uidvalidity = uidvalidity
        self.uidnext = uidnext
        """As of the opening."""

    def after(self, uid: int) -> list[int]:
        """UIDs beyond this one, ascending. (`n:*` always names the last mail, even below n.)"""
        with _translated():
            return sorted(one for one in self._client.search(["UID", f"{uid + 1}:*"]) if one > uid)

    def since(self, day: date) -> list[int]:
        with _translated():
            return sorted(self._client.search(["SINCE", day]))

    def size_of(self, uid: int) -> int | None:
        """None: it is gone."""
        with _translated():
            found = self._client.fetch([uid], ["RFC822.SIZE"]).get(uid)
        return int(found[b"RFC822.SIZE"]) if found else None

    def read(self, uid: int, into: BinaryIO) -> bool:
        """The mail as it is, left unread, piece by piece. False: it is gone."""
        start = 0
        while (piece := self._piece(uid, "", start)) is not None:
            into.write(piece)
            start += len(piece)
            if len(piece) < PIECE_BYTES:
                return True
        return False

    def headers(self, uid: int) -> bytes | None:
        """No more than one piece. None: the mail is gone."""
        return self._piece(uid, "HEADER", 0)

    def _piece(self, uid: int, section: str, start: int) -> bytes | None:
        with _translated():
            found = self._client.fetch([uid], [f"BODY.PEEK[{section}]<{start}.{PIECE_BYTES}>"]).get(uid)
            return bytes(found[f"BODY[{section}]<{start}>".encode()] or b"") if found else None

    def mark_seen(self, uid: int) -> None:
        with _translated():
            self._client.add_flags([uid], [b"\\Seen"], silent=True)

    def wait(self, stop: Flag) -> None:
        """Until something may be new, it is time for a look anyway, or `stop` is set."""
        with _translated():
            if not self._client.has_capability("IDLE"):
                stop.wait(POLL_SECONDS)
                self._client.noop()
                return
            self._client.idle()
            until = monotonic() + IDLE_SECONDS
            while not stop.is_set() and monotonic() < until:
                if self._client.idle_check(timeout=LOOK_SECONDS):
                    break
            self._client.idle_done()


@contextmanager
def open_mailbox(login: Login, gate: Gate, context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """Raises MailboxUnavailable."""
    with _translated():
        client = _connected(login, gate, context or ssl.create_default_context())
    try:
        with _translated():
            client.login(login.user, login.password)
            selected = client.select_folder(login.mailbox, readonly=False)
        yield Mailbox(client, int(selected[b"UIDVALIDITY"]), int(selected.get(b"UIDNEXT", 1)))
    finally:
        with suppress(IMAPClientError, OSError):
            client.logout()
        with suppress(IMAPClientError, OSError):
            client.shutdown()


def _connected(login: Login, gate: Gate, context: ssl.SSLContext) -> IMAPClient:
    parts = urlsplit(login.url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise MailboxUnavailable(f"{login.url} is not the address of an IMAP server")
    port = parts.port or _PORTS[parts.scheme]
    try:
        target = gate.check(f"{'http' if login.plain else 'https'}://{parts.hostname}:{port}")
    except (AddressNotAllowed, HostUnknown) as error:
        raise MailboxUnavailable(str(error)) from error
    encrypted = parts.scheme == "imaps"
    client = IMAPClient(
        parts.hostname, port, ssl=encrypted, ssl_context=context if encrypted else None, timeout=TIMEOUT_SECONDS
    )
    try:
        _check_peer(client, target)
        if not encrypted and not login.plain:
            client.starttls(ssl_context=context)
    except BaseException:
        client.shutdown()
        raise
    return client


def _check_peer(client: IMAPClient, target: Target) -> None:
    """IMAPClient resolves the name once more; who answered has to be one of those that were checked."""
    if client.socket().getpeername()[0] not in target.addresses:
        raise MailboxUnavailable(f"{target.host} was answered by another address")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (IMAPClientError, OSError, KeyError, ValueError) as error:
        raise MailboxUnavailable(f"{type(error).__name__}") from error
