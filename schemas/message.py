"""What every event about a message says first."""

from datetime import datetime

from schemas.event import EventData, Piece


class Reply(Piece, frozen=True, kw_only=True):
    """What an agent asked to be sent; travels with the outbound media events, since a reply travels whole."""

    address: str
    """Our own address on the channel (a phone number, a page, an inbox)."""
    contact: str
    """The customer's address on the channel."""
    text: str | None = None
    expires_at: datetime
    """After this moment the reply must not leave any more."""
    send_what_fits: bool = False
    """Leave refused files out instead of refusing the whole reply."""


class MessageEvent(EventData, frozen=True, kw_only=True):
    """`direction` is `inbound` (from the customer) or `outbound` (to the customer)."""

    direction: str
    channel: str
    provider: str
    account: str
    conversation: str
    message: str
    ticket: str | None = None


class MediaEvent(MessageEvent, frozen=True, kw_only=True):
    """Inbound: one attachment per event. Outbound: the whole reply, with `reply` set and zero or more attachments."""

    lane: str = "light"
    reply: Reply | None = None
