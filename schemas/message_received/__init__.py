"""A customer wrote: text and announced attachments. Made by the ingestor, or published by an upstream system."""

from datetime import datetime
from typing import ClassVar

from schemas.attachment import Source
from schemas.event import EventData, Piece


class FileAnnounced(Piece, frozen=True, kw_only=True):
    source: Source
    file_name: str | None = None
    declared_media_type: str | None = None
    alt_text: str | None = None


class MessageReceived(EventData, frozen=True, kw_only=True):
    """`conversation` and `message` are derived by the ingestor; an upstream system leaves them out."""

    event_type: ClassVar[str] = "message_received"
    version: ClassVar[int] = 1

    direction: str = "inbound"
    channel: str
    provider: str | None = None
    account: str
    address: str
    """Our own address on the channel, which the customer wrote to."""
    contact: str
    """The customer's address on the channel."""
    contact_name: str | None = None
    external_id: str
    """The provider's id of the message."""
    text: str | None = None
    sent_at: datetime | None = None
    conversation: str | None = None
    message: str | None = None
    ticket: str | None = None
    files: list[FileAnnounced] = []
