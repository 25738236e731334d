"""At least one part will not reach the customer; parts before it may have."""

from typing import ClassVar

from schemas.delivery import DeliveryEvent
from schemas.reason import Reason


class DeliveryFailed(DeliveryEvent, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "delivery_failed"
    version: ClassVar[int] = 1

    reason: Reason
