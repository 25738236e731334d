"""An agent pressed Send. Published by the gateway or by an upstream system on `trombone.in`."""

from typing import ClassVar

from schemas.event import EventData
from schemas.message_received import FileAnnounced
from schemas.values import Account, Label, Line, Name, Outbound, Text, Time


class ReplyRequested(EventData, frozen=True, kw_only=True):
    """The message's id is derived from account, CloudEvents `source` and `id`: publish it twice, it is sent once."""

    event_type: ClassVar[str] = "reply_requested"
    version: ClassVar[int] = 1

    direction: Outbound = "outbound"
    channel: Name
    provider: Name | None = None
    account: Account
    address: Line | None = None
    """Our own address to send from; absent: the account's only one on this channel."""
    contact: Line
    text: Text | None = None
    subject: Label | None = None
    in_reply_to: Line | None = None
    """The provider's id of the message that this one answers, for channels that thread by it."""
    files: list[FileAnnounced] = []
    expires_at: Time | None = None
    """Absent: the account's default after the event's time."""
    send_what_fits: bool = False
    agent: Line | None = None
    """Who asked, in the upstream's words."""
    ticket: Line | None = None
