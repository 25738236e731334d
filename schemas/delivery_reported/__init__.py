"""A provider says what became of a part that it had accepted."""

from datetime import datetime
from typing import ClassVar

from schemas.event import EventData
from schemas.reason import Reason


class DeliveryReported(EventData, frozen=True, kw_only=True):
    """
    `status` is one of queued, sent, delivered, read, failed (new ones may come). The part is named by our own token
    (`message`, `part`) where it came back, else by the provider's `external_id` alone.
    """

    event_type: ClassVar[str] = "delivery_reported"
    version: ClassVar[int] = 1

    direction: str = "outbound"
    channel: str
    provider: str
    account: str
    external_id: str
    status: str
    conversation: str | None = None
    message: str | None = None
    part: str | None = None
    reason: Reason | None = None
    occurred_at: datetime | None = None
