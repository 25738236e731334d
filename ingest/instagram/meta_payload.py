"""
Instagram's webhook, as far as we read it; unknown fields are ignored.

https://developers.facebook.com/documentation/business-messaging/instagram-messaging/webhooks (read 2026-11-22). Items
stay raw at first: one that nobody understands must not take its neighbors along.
"""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from ingest.incoming import Unparsable
from schemas.decoders import decoder
from schemas.values import Line

OBJECT = "instagram"
Mid = Annotated[str, Meta(min_length=1, max_length=400)]
"""Room is left for what makes an edit or a reaction a message of its own."""


class Party(Struct, frozen=True):
    """An id: of a customer as our account sees them, or of our account. Strings, though numbers were seen."""

    id: Line | int

    def __str__(self) -> str:
        return str(self.id)


class Payload(Struct, frozen=True):
    url: str | None = None
    title: str | None = None


class Attachment(Struct, frozen=True):
    """`payload` is not there for a heart or for what may be seen once."""

    type: str = ""
    payload: Payload | None = None


class Story(Struct, frozen=True):
    url: str | None = None


class ReplyTo(Struct, frozen=True):
    mid: Mid | None = None
    story: Story | None = None


class QuickReply(Struct, frozen=True):
    payload: str | None = None


class Message(Struct, frozen=True):
    mid: Mid
    text: str | None = None
    attachments: list[Attachment] = []
    reply_to: ReplyTo | None = None
    quick_reply: QuickReply | None = None
    is_echo: bool = False
    is_self: bool = False
    is_deleted: bool = False
    is_unsupported: bool = False


class Read(Struct, frozen=True):
    mid: Mid | None = None


class Reaction(Struct, frozen=True):
    mid: Mid
    action: str = ""
    reaction: str | None = None
    emoji: str | None = None


class Postback(Struct, frozen=True):
    mid: Mid
    title: str | None = None
    payload: str | None = None


class MessageEdit(Struct, frozen=True):
    mid: Mid
    text: str | None = None
    num_edit: int = 1


class Item(Struct, frozen=True):
    sender: Party
    recipient: Party
    timestamp: str | int | float | None = None
    message: Message | None = None
    read: Read | None = None
    reaction: Reaction | None = None
    postback: Postback | None = None
    message_edit: MessageEdit | None = None


class _Mid(Struct, frozen=True):
    mid: Mid


class Bare(Struct, frozen=True):
    """What must be there for a message to have a place; without `message` it is none."""

    sender: Party
    message: _Mid | None = None


class Entry(Struct, frozen=True):
    """`standby` holds the same for an app that does not own the thread."""

    id: str | int
    messaging: list[Raw] = []
    standby: list[Raw] = []


class _Envelope(Struct, frozen=True):
    object: str
    entry: list[Entry] = []


class Parties(Struct, frozen=True):
    sender: Party | None = None
    recipient: Party | None = None

    @property
    def ids(self) -> set[str]:
        return {str(one) for one in (self.sender, self.recipient) if one}


def entries(body: bytes) -> list[Entry]:
    """Raises Unparsable."""
    try:
        envelope = decoder(_Envelope).decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unparsable(str(error)) from error
    if envelope.object != OBJECT:
        raise Unparsable(f"the object is {envelope.object[:100]!r}")
    return envelope.entry


def concerning(entry: Entry, address: str | None) -> Iterator[Raw]:
    """The entry's items that our account is part of; all of them without an address."""
    for raw in [*entry.messaging, *entry.standby]:
        if address in (None, str(entry.id)) or address in parties(raw).ids:
            yield raw


def parties(raw: Raw) -> Parties:
    try:
        return decoder(Parties).decode(raw)
    except msgspec.MsgspecError:
        return Parties()
