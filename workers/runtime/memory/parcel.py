"""A message inside the memory broker, with all that the transport itself does not keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workers.runtime.broker import Delivery, Outgoing
from workers.runtime.topology import Queue

DELIVERY_COUNT = "x-delivery-count"
DEATHS = "x-death"


@dataclass(frozen=True, slots=True, eq=False)
class Parcel:
    """`returns` counts how often a consumer failed with it; `exchange` and `routing_key` are where it was published."""

    exchange: str
    routing_key: str
    body: bytes
    message_id: str | None
    properties: Mapping[str, Any]
    headers: Mapping[str, Any] = field(default_factory=dict)
    returns: int = 0
    redelivered: bool = False

    def delivery(self, queue: str) -> Delivery:
        return Delivery(
            queue=queue,
            exchange=self.exchange,
            routing_key=self.routing_key,
            body=self.body,
            message_id=self.message_id,
            headers={**self.headers, DELIVERY_COUNT: self.returns} if self.returns else self.headers,
            redelivered=self.redelivered,
        )

    def forwarded(self, exchange: str, routing_key: str) -> "Parcel":
        return replace(self, exchange=exchange, routing_key=routing_key, returns=0, redelivered=False)

    def died(self, queue: Queue, reason: str) -> "Parcel":
        """As RabbitMQ dead-letters it: with its history in a header."""
        death = {
            "queue": queue.name,
            "reason": reason,
            "exchange": self.exchange,
            "routing-keys": [self.routing_key],
            "count": 1,
        }
        assert queue.dead_letter_exchange is not None
        parcel = self.forwarded(queue.dead_letter_exchange, queue.dead_letter_routing_key or self.routing_key)
        return replace(parcel, headers={**self.headers, DEATHS: [death, *self.headers.get(DEATHS, [])]})


def parcel_of(message: Outgoing) -> Parcel:
    return Parcel(
        exchange=message.exchange,
        routing_key=message.routing_key,
        body=message.body,
        message_id=message.message_id,
        properties={
            "type": message.type,
            "correlation_id": message.correlation_id,
            "timestamp": message.timestamp,
            "content_type": message.content_type,
        },
        headers=dict(message.headers),
    )
