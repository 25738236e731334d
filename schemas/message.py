"""What every event about a message says first."""

from typing import Any, TypeVar

from schemas.event import EventData, Piece
from schemas.values import Account, Direction, Id, Label, Line, Name, Text, Time


class Reply(Piece, frozen=True, kw_only=True):
    """What an agent asked to be sent; travels with the outbound media events, since a reply travels whole."""

    text: Text | None = None
    subject: Label | None = None
    in_reply_to: Line | None = None
    expires_at: Time
    """After this moment the reply must not leave any more."""
    requested_at: Time | None = None
    """Replies of one conversation leave in this order."""
    send_what_fits: bool = False
    """Leave refused files out instead of refusing the whole reply."""


class MessageEvent(EventData, frozen=True, kw_only=True):
    """`direction` is `inbound` (from the customer) or `outbound` (to the customer)."""

    direction: Direction
    channel: Name
    provider: Name
    account: Account
    address: Line
    """Our own address on the channel (a phone number, a page, an inbox)."""
    contact: Line
    """The customer's address on the channel."""
    conversation: Id
    message: Id
    ticket: Line | None = None


class MediaEvent(MessageEvent, frozen=True, kw_only=True):
    """Inbound: one attachment per event. Outbound: the whole reply, with `reply` set and zero or more attachments."""

    lane: Name = "light"
    reply: Reply | None = None


M = TypeVar("M", bound=MessageEvent)


def carry(previous: MessageEvent, onto: type[M], **fields: Any) -> M:
    """The next event about the same message: all that both events have in common, and the new fields."""
    common = set(previous.__struct_fields__) & set(onto.__struct_fields__) - set(fields)
    return onto(**{name: getattr(previous, name) for name in common}, **fields)
