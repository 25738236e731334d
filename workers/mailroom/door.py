"""The SMTP and LMTP door: a mail is accepted when the intake holds it, and not before."""

import asyncio
import ssl
from asyncio import to_thread
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO, Self, cast
from weakref import WeakSet

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from ingest.email.envelope import FROM, TO
from ingest.email.tokens import untagged
from ingest.incoming import ChannelAccount
from workers.mailroom.keeping import keep
from workers.mailroom.services import MailroomServices
from workers.runtime.smtp_server import SmtpServer
from workers.runtime.threshold import Admitted, publish

log = structlog.get_logger()

MAX_RECIPIENTS = 50
PUBLISHING_THREADS = 8
MAX_MAILS_AT_ONCE = 16
"""Each lies in a temporary file while it comes."""
COMMAND_SECONDS = 300
"""RFC 5321 section 4.5.3.2.7."""


class Door:
    """
    Listens while the context lasts, on a thread of its own. `port` 0 takes a free one (`address`).

    `tls` offers STARTTLS. `lmtp` speaks LMTP, for a mail server in front of us.
    """

    def __init__(
        self,
        services: MailroomServices,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        lmtp: bool = False,
    ) -> None:
        options = {
            "data_size_limit": services.max_mail_bytes,
            "enable_SMTPUTF8": True,
            "ident": "Trombone",
            "timeout": COMMAND_SECONDS,
            "tls_context": tls,
        }
        self._receiver = Receiver(services)
        self._server = SmtpServer(self._receiver, host, port, options, lmtp=lmtp)

    @property
    def address(self) -> tuple[str, int]:
        return self._server.address

    def __enter__(self) -> Self:
        self._server.__enter__()
        log.info("mail_door.opened", host=self.address[0], port=self.address[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)
        self._receiver.close()


class Receiver:
    """Answers aiosmtpd's questions."""

    def __init__(self, services: MailroomServices) -> None:
        self._services = services
        self._publishers = ThreadPoolExecutor(PUBLISHING_THREADS, "mail-publisher")
        self._publishing = 0
        self._coming: WeakSet[Envelope] = WeakSet()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's own names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        del server, session
        if len(self._coming) >= MAX_MAILS_AT_ONCE:
            return "451 4.3.2 too many mails at once, try again later"
        self._coming.add(envelope)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        del server, session
        if self._mailbox(address) is None:
            return "550 5.1.1 there is no such mailbox here"
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server, session
        mail = cast("BinaryIO", envelope.content)
        try:
            for mailbox, recipients in self._sorted(envelope.rcpt_tos):
                headers = {FROM: (envelope.mail_from or "").strip("<>"), TO: ",".join(recipients)}
                self._publish_soon(await to_thread(keep, self._services, mailbox, headers, mail))
        except Exception as error:  # noqa: BLE001 - whatever the reason is, the sender keeps the mail and tries again
            log.warning("mail.not_kept", error_type=type(error).__name__, code=getattr(error, "code", None))
            return "451 4.3.0 not kept, try again later"
        log.info("mail.kept", size_bytes=mail.tell(), recipients=len(envelope.rcpt_tos))
        return "250 2.6.0 kept"

    def _sorted(self, recipients: Sequence[str]) -> list[tuple[ChannelAccount, list[str]]]:
        """Each mailbox once, with those of the recipients that lead to it: nobody sees another's."""
        found: dict[str, tuple[ChannelAccount, list[str]]] = {}
        for recipient in recipients:
            if mailbox := self._mailbox(recipient):
                found.setdefault(mailbox.address, (mailbox, []))[1].append(recipient)
        return list(found.values())

    def _mailbox(self, recipient: str) -> ChannelAccount | None:
        wanted = untagged(recipient)
        return next((one for one in self._services.mailboxes if one.address.lower() == wanted), None)

    def _publish_soon(self, admitted: Admitted) -> None:
        """A slow broker never holds up a mail server: what finds no free thread lies in the intake, for the sweep."""
        if not admitted.fresh:
            return
        if self._publishing >= PUBLISHING_THREADS:
            log.warning("intake.left", event_id=admitted.message.message_id, code="publishers_busy")
            return
        self._publishing += 1
        loop, services = asyncio.get_running_loop(), self._services
        publishing = loop.run_in_executor(self._publishers, publish, services.intake, services.publisher, admitted)
        publishing.add_done_callback(self._published)

    def _published(self, publishing: "asyncio.Future[bool]") -> None:
        self._publishing -= 1
        if not publishing.cancelled() and (error := publishing.exception()):
            log.warning("intake.left", error_type=type(error).__name__)

    def close(self) -> None:
        self._publishers.shutdown(wait=False, cancel_futures=True)
