"""The provider accepted every part; what the customer's phone says follows as `delivery_reported`."""

from typing import ClassVar

from schemas.delivery import DeliveryEvent


class DeliveryCompleted(DeliveryEvent, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "delivery_completed"
    version: ClassVar[int] = 1
