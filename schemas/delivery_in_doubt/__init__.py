"""A part may or may not have left, and the provider cannot say: an agent decides."""

from typing import ClassVar

from schemas.delivery import DeliveryEvent
from schemas.reason import Reason


class DeliveryInDoubt(DeliveryEvent, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "delivery_in_doubt"
    version: ClassVar[int] = 1

    reason: Reason
