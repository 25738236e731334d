"""One entry of the record about a message, and which message that is."""

from dataclasses import dataclass
from datetime import datetime

from schemas import identity
from schemas.event import AnyEvent
from schemas.lineage import received_in
from schemas.message_received import MessageReceived
from schemas.reply_requested import ReplyRequested


@dataclass(frozen=True, slots=True)
class Entry:
    """
    `how` it came: `event`, `retry` (the worker failed and will try again after `delay_seconds`) or `dead` (the worker
    gave the event up). `key` is the same for every repetition; `at` is our time.
    """

    key: str
    how: str
    at: datetime
    event: AnyEvent
    worker: str | None = None
    queue: str | None = None
    attempt: int = 0
    delay_seconds: float = 0.0
    code: str | None = None
    detail: str | None = None


def message_of(event: AnyEvent) -> str | None:
    """The id of the message. For roots it is derived: what they say themselves is somebody else's word."""
    data = event.data
    if isinstance(data, MessageReceived):
        return identity.inbound_message_id(data.account, data.channel, data.external_id)
    if isinstance(data, ReplyRequested):
        return identity.root_id(event.account, event.source, event.id)
    found: str | None = getattr(data, "message", None)
    return found


def conversation_of(event: AnyEvent) -> str | None:
    """None where the event does not tell: a reply that leaves the choice of our address to us."""
    data = event.data
    if isinstance(data, MessageReceived):
        return received_in(event)
    if isinstance(data, ReplyRequested):
        if data.address is None:
            return None
        return identity.conversation_id(data.account, data.channel, data.address, data.contact)
    found: str | None = getattr(data, "conversation", None)
    return found
