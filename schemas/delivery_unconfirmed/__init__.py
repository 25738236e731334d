"""A part was sent, and its provider, who promises to tell, has not said in time that it arrived; it may still."""

from typing import ClassVar

from schemas.delivery import DeliveryEvent
from schemas.reason import Reason


class DeliveryUnconfirmed(DeliveryEvent, frozen=True, kw_only=True):
    """Of the parts only those, each with the state `unconfirmed`. What a later `delivery_reported` says outranks it."""

    event_type: ClassVar[str] = "delivery_unconfirmed"
    version: ClassVar[int] = 1

    reason: Reason
