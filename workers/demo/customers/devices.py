"""What customers hold in their hands: phones for what comes as messages, mailboxes for mail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from workers.sandbox.mail import SandboxMail
from workers.sandbox.mail_inbox import ReceivedMail
from workers.sandbox.phone import Phone, PhoneMessage


@dataclass(frozen=True)
class HeldFile:
    """`name` is None where the channel carries none. `cid` is set where the mail's HTML shows it."""

    path: Path
    media_type: str
    name: str | None
    cid: str | None = None


@dataclass(frozen=True)
class Held:
    """A message on the customer's side; `own` is what the customer wrote."""

    id: str
    own: bool
    at: datetime
    text: str
    files: Sequence[HeldFile]
    subject: str | None = None
    html: str | None = None


class Device(Protocol):
    """`kind` is what its pages look like: `phone` or `mailbox`."""

    @property
    def kind(self) -> str: ...

    def contacts(self) -> Sequence[str]: ...

    def messages(self, contact: str) -> Sequence[Held]:
        """In the order in which they came and went."""

    def send(self, contact: str, text: str, files: Sequence[Path]) -> None:
        """Through the provider's own door into ours."""


class Phones(Protocol):
    """A loopback provider whose customers have phones."""

    @property
    def customers(self) -> Sequence[Phone]: ...

    def customer(self, contact: str, /) -> Phone: ...

    def customer_sends(self, contact: str, text: str = "", files: Sequence[Path] = ()) -> str: ...


@dataclass(frozen=True)
class Handset:
    provider: Phones
    kind: str = field(default="phone", init=False)

    def contacts(self) -> Sequence[str]:
        return [phone.number for phone in self.provider.customers]

    def messages(self, contact: str) -> Sequence[Held]:
        phone = self.provider.customer(contact)
        held = [_on_phone(one, own=False) for one in tuple(phone.received)]
        held += [_on_phone(one, own=True) for one in tuple(phone.written)]
        return sorted(held, key=_moment)

    def send(self, contact: str, text: str, files: Sequence[Path]) -> None:
        self.provider.customer_sends(contact, text, files)


@dataclass(frozen=True)
class Mailbox:
    provider: SandboxMail
    kind: str = field(default="mailbox", init=False)

    def contacts(self) -> Sequence[str]:
        return [inbox.address for inbox in self.provider.customers]

    def messages(self, contact: str) -> Sequence[Held]:
        inbox = self.provider.customer(contact)
        held = [_in_mailbox(one, own=False) for one in tuple(inbox.received)]
        held += [_in_mailbox(one, own=True) for one in tuple(inbox.written)]
        return sorted(held, key=_moment)

    def send(self, contact: str, text: str, files: Sequence[Path]) -> None:
        """An answer to the last mail, or the first of a conversation."""
        received = self.provider.customer(contact).received
        if not received:
            self.provider.customer_sends(contact, text, files)
            return
        subject = received[-1].subject
        answer = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        self.provider.customer_sends(contact, text, files, subject=answer, answering=received[-1])


def _moment(held: Held) -> datetime:
    return held.at


def _on_phone(one: PhoneMessage, *, own: bool) -> Held:
    files = [HeldFile(file.path, file.media_type, file.name) for file in one.files]
    return Held(id=one.sid, own=own, at=one.at, text=one.text, files=files)


def _in_mailbox(one: ReceivedMail, *, own: bool) -> Held:
    return Held(
        id=one.message_id,
        own=own,
        at=one.at,
        text=one.text,
        files=[HeldFile(file.path, file.media_type, file.file_name, file.cid) for file in one.files],
        subject=one.subject,
        html=one.html or None,
    )
