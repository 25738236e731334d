"""Customers' mailboxes: what arrived in each, unpacked by Python's own reader, apart from the product's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MailFile:
    """`cid` is set where the HTML shows it."""

    path: Path
    media_type: str
    size_bytes: int
    file_name: str
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """`raw` is the mail as it came over the wire. `envelope_from` is where a bounce would go."""

    message_id: str
    subject: str
    text: str
    html: str
    reply_to: str
    envelope_from: str
    in_reply_to: str | None
    files: list[MailFile]
    raw: bytes = field(repr=False)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Inbox:
    """A customer's mailbox, and a folder of what was in it."""

    address: str
    folder: Path
    received: list[ReceivedMail] = field(default_factory=list)
    written: list[ReceivedMail] = field(default_factory=list)
    """What its owner sent."""

    def receive(self, raw: bytes, envelope_from: str) -> None:
        """The same Message-ID again is the same mail: that is what mail programs show."""
        mail = message_from_bytes(raw, policy=default)
        if all(one.message_id != str(mail["Message-ID"]) for one in self.received):
            self.received.append(_read(mail, raw, envelope_from, self._folder / f"{len(self.received) + 1:03}"))

    def write(self, raw: bytes) -> None:
        """Keep what its owner sends, as it is: the folder of sent mail."""
        folder = self._folder / "written" / f"{len(self.written) + 1:03}"
        self.written.append(_read(message_from_bytes(raw, policy=default), raw, self.address, folder))

    @property
    def _folder(self) -> Path:
        return self.folder / re.sub(r"[^a-z0-9.@-]", "-", self.address.lower())


def _read(mail: EmailMessage, raw: bytes, envelope_from: str, folder: Path) -> ReceivedMail:
    folder.mkdir(parents=True, exist_ok=True)
    return ReceivedMail(
        message_id=str(mail["Message-ID"]),
        subject=str(mail["Subject"]),
        text=_body(mail, "plain"),
        html=_body(mail, "html"),
        reply_to=str(mail["Reply-To"] or mail["From"]),
        envelope_from=envelope_from,
        in_reply_to=str(mail["In-Reply-To"]) if mail["In-Reply-To"] else None,
        files=list(_files(mail, folder)),
        raw=raw,
    )


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()).replace("\r\n", "\n").strip() if part else ""


def _files(mail: EmailMessage, folder: Path) -> Iterator[MailFile]:
    for index, part in enumerate(mail.walk()):
        name = part.get_filename()
        content = part.get_payload(decode=True)
        if name and isinstance(content, bytes):
            path = folder / str(index) / Path(name).name  # names may repeat in one mail
            path.parent.mkdir()
            path.write_bytes(content)
            cid = str(part["Content-ID"]).strip("<>") if part["Content-ID"] else None
            yield MailFile(path, part.get_content_type(), len(content), name, cid)
