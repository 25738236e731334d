"""A customer wrote: text and announced attachments. Made by the ingestor, or published by an upstream system."""

from typing import ClassVar

from schemas.attachment import Source
from schemas.event import EventData, Piece
from schemas.reason import Reason
from schemas.values import Account, Id, Inbound, Label, Line, Name, Text, Time


class FileAnnounced(Piece, frozen=True, kw_only=True):
    source: Source
    file_name: Label | None = None
    declared_media_type: Label | None = None
    alt_text: Label | None = None
    role: Name | None = None
    """What it is to the message, where that is not simply a file: `inline`, `voice`, `sticker`, `signature` …"""


class FileMissing(Piece, frozen=True, kw_only=True):
    """A file that the provider told of but did not hand over: it shows as a refused attachment."""

    reason: Reason
    file_name: Label | None = None
    declared_media_type: Label | None = None
    role: Name | None = None


class MessageReceived(EventData, frozen=True, kw_only=True):
    """`conversation` and `message` are derived by the ingestor; an upstream system leaves them out."""

    event_type: ClassVar[str] = "message_received"
    version: ClassVar[int] = 1
    identified_by: ClassVar[str] = "message"
    """Two webhooks about the same message are one event."""

    direction: Inbound = "inbound"
    channel: Name
    provider: Name | None = None
    account: Account
    address: Line
    """Our own address on the channel, which the customer wrote to."""
    contact: Line
    """The customer's address on the channel."""
    contact_name: Label | None = None
    external_id: Line
    """The provider's id of the message."""
    text: Text | None = None
    subject: Label | None = None
    in_reply_to: Line | None = None
    """The provider's id of the message that this one answers or quotes."""
    consent: Name | None = None
    """`opted_out` or `opted_in`, where the customer's words say so to the carrier (STOP, START)."""
    automatic: bool = False
    """No person wrote it: an out-of-office note, a list, a notification. Never answer it by machine."""
    sent_at: Time | None = None
    conversation: Id | None = None
    message: Id | None = None
    ticket: Line | None = None
    files: list[FileAnnounced] = []
    missing: list[FileMissing] = []
