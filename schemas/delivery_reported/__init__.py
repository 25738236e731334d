"""A provider says what became of a part that it had accepted."""

from typing import ClassVar

from schemas.event import EventData
from schemas.reason import Reason
from schemas.values import Account, Id, Line, Name, Outbound, Time


class DeliveryReported(EventData, frozen=True, kw_only=True):
    """
    `status` is one of queued, sent, delivered, read, failed (new ones may come). The part is named by our own token
    (`message`, `part`) where it came back, else by the provider's `external_id` alone. `falls_back`: it failed because
    of its files; the words with links to them may still leave.
    """

    event_type: ClassVar[str] = "delivery_reported"
    version: ClassVar[int] = 1

    direction: Outbound = "outbound"
    channel: Name
    provider: Name
    account: Account
    external_id: Line
    status: Name
    conversation: Id | None = None
    message: Id | None = None
    part: Id | None = None
    reason: Reason | None = None
    falls_back: bool = False
    occurred_at: Time | None = None
