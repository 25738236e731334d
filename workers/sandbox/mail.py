"""A loopback mail world, as strict as the real one: customers' mailboxes and programs, their servers' notices."""

import smtplib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.email.unpacking import identity_of
from workers.runtime.smtp_server import SmtpServer
from workers.sandbox.mail_inbox import Inbox, ReceivedMail
from workers.sandbox.mail_server import MailFault, MailServer
from workers.sandbox.mail_writing import bounce, letter
from workers.sandbox.stand_in import StandIn

SIZE_BYTES = 25_000_000
SEND_SECONDS = 60.0


class SandboxMail(StandIn):
    """
    One mail server for all customers. What they get is kept in `folder`, one folder per address.

    `door` is our SMTP door (host, port), where customers' mails go; it may be set after the start.
    """

    def __init__(  # noqa: PLR0913 - most have defaults
        self,
        folder: Path,
        *,
        address: str = "support@shop.example",
        thread_key: str = "thread-key-of-the-sandbox",
        user: str = "trombone",
        password: str = "sandbox-password",  # noqa: S107 - of a loopback stand-in
        door: tuple[str, int] | None = None,
        size_bytes: int = SIZE_BYTES,
        port: int = 0,
    ) -> None:
        self.address = address
        self.door = door
        self.alerts: list[str] = []
        """What our door said no to."""
        self._thread_key = thread_key
        self._mail = MailServer(folder, user, password)
        options = {
            "authenticator": self._mail.authenticate,
            "auth_require_tls": False,
            "data_size_limit": size_bytes,
            "ident": "sandbox",
        }
        self._server = SmtpServer(self._mail, "127.0.0.1", port, options)
        super().__init__(self._server)

    @property
    def api_url(self) -> str:
        host, port = self._server.address
        return f"smtp://{host}:{port}"

    @property
    def fetch_allow(self) -> list[str]:
        return [self.api_url.removeprefix("smtp://")]

    @property
    def rejections(self) -> Sequence[str]:
        """What the customers' server refused of ours, and why."""
        return tuple(self._mail.rejections)

    @property
    def connections(self) -> int:
        """How often somebody connected and said EHLO."""
        return self._mail.connections

    def connection(self) -> dict[str, Any]:
        """The entry for `accounts.yaml`."""
        credentials = {"thread_key": self._thread_key, "user": self._mail.user, "password": self._mail.password}
        return {
            "provider": "smtp",
            "address": self.address,
            "api_url": self.api_url,
            "credentials": {name: {"value": value} for name, value in credentials.items()},
            "options": {"tls": "none", "from_name": "The Shop"},
        }

    @property
    def customers(self) -> Sequence[Inbox]:
        return self._mail.all_inboxes()

    def customer(self, contact: str) -> Inbox:
        return self._mail.inbox(contact)

    def customer_sends(  # noqa: PLR0913 - the last three are for mail alone
        self,
        contact: str,
        text: str = "",
        files: Sequence[Path] = (),
        *,
        subject: str = "A question",
        answering: ReceivedMail | None = None,
        inline: Sequence[Path] = (),
    ) -> str:
        """Our door has it when this returns: its external id. An answer goes where Reply-To says."""
        recipient = answering.reply_to if answering else self.address
        raw = letter(contact, recipient, text, files, subject, answering, inline)
        self.customer(contact).write(raw)
        self.deliver(contact, recipient.rpartition("<")[2].rstrip(">"), raw)
        return identity_of(raw)

    def bounces(
        self, mail: ReceivedMail, contact: str, *, action: str = "failed", status: str = "5.1.1", text: str = "550 no"
    ) -> None:
        """The customer's server sends a notice about a mail of ours to its return path."""
        self.deliver("", mail.envelope_from, bounce(mail, contact, action, status, text))

    def deliver(self, sender: str, recipient: str, raw: bytes) -> None:
        """Raises SMTPException when our door does not take it; why stands in `alerts`."""
        assert self.door, "nobody said where our door is"
        try:
            with smtplib.SMTP(*self.door, timeout=SEND_SECONDS) as smtp:
                smtp.sendmail(sender, [recipient], raw)
        except smtplib.SMTPException as error:
            self.alerts.append(str(error))
            raise

    def fault(self, fault: MailFault | str, times: int = 1) -> None:
        """The next `times` mails meet this fault; members of `workers.sandbox.faults.Fault` of the same name do too."""
        self._mail.order(MailFault(str(fault)), times)
