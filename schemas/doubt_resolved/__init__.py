"""An agent says what became of a part in doubt. Published by the gateway or by an upstream system on `trombone.in`."""

from typing import ClassVar

from schemas.event import EventData
from schemas.values import Account, Id, Line, Name, Outbound


class DoubtResolved(EventData, frozen=True, kw_only=True):
    """
    `answer` is `arrived` (the customer has it) or `send_again` (once more, even if that makes two).

    The same event, by its CloudEvents `source` and `id`, counts once; when nothing is in doubt any more it changes
    nothing.
    """

    event_type: ClassVar[str] = "doubt_resolved"
    version: ClassVar[int] = 1

    direction: Outbound = "outbound"
    channel: Name
    account: Account
    conversation: Id
    message: Id
    part: Id
    answer: Name
    agent: Line | None = None
