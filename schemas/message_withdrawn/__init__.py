"""A customer took a message back: it must not be shown any more."""

from typing import ClassVar

from schemas.event import EventData
from schemas.values import Account, Id, Inbound, Line, Name, Time


class MessageWithdrawn(EventData, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "message_withdrawn"
    version: ClassVar[int] = 1
    identified_by: ClassVar[str] = "message"
    """A message is taken back once, however often the provider says so."""

    direction: Inbound = "inbound"
    channel: Name
    provider: Name
    account: Account
    address: Line
    contact: Line
    external_id: Line
    """The provider's id of the message that is taken back."""
    conversation: Id
    message: Id
    occurred_at: Time | None = None
