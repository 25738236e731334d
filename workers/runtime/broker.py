"""The broker port: what the runtime needs of whoever moves the messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # topology itself speaks of subscriptions
    from workers.runtime.topology import Topology


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message about to be published. Persistent, mandatory and confirmed, always."""

    exchange: str
    routing_key: str
    body: bytes
    message_id: str
    type: str
    correlation_id: str
    timestamp: int
    """Seconds since 1970."""
    content_type: str = "application/cloudevents+json"
    headers: Mapping[str, str | int] = field(default_factory=dict)
    """Small values only; capped at 16 KB by whoever makes them (AMQP frames end at about 130,000 bytes)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it came from a queue."""

    queue: str
    exchange: str
    routing_key: str
    body: bytes
    message_id: str | None
    headers: Mapping[str, object]
    redelivered: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    queue: str
    prefetch: int


class Stage(Protocol):
    """
    What a worker does with deliveries, free of any broker. A bad message never makes it raise: retry, dead letter
    and result are all just messages to publish; when they are confirmed, the delivery is acked.
    """

    @property
    def max_batch(self) -> int:
        """How many deliveries `run` wants at once; 1 for all but the recorder."""

    def run(self, deliveries: Sequence[Delivery]) -> Sequence[Sequence[Outgoing]]:
        """What to publish for each delivery, in their order. Called on a pool thread. An exception requeues them."""

    def settled(self, deliveries: Sequence[Delivery]) -> None:
        """Called after the deliveries were acked (live updates go out here)."""


@runtime_checkable
class Pauses(Protocol):
    """
    A stage that at times can do nothing (its database is away).

    While `paused` is set nothing more is taken from its queues; what is in hand still goes to `run`.
    """

    paused: Flag


class PublishFailed(Exception):
    """Raised when a message was not confirmed: unroutable, refused, or too late. It may still have arrived."""

    code = "publish_failed"
    retryable = True


class Publisher(Protocol):
    """Publishes from any thread; used by doors, the command line and the sweep."""

    def publish(self, *messages: Outgoing) -> None:
        """Return when all are confirmed. Raises PublishFailed after at most the publish time-out."""

    def close(self) -> None: ...


class Broker(Protocol):
    def declare(self, topology: "Topology") -> None:
        """Make exchanges, queues and bindings exist. Safe to repeat."""

    def publisher(self) -> Publisher: ...

    def consume(self, subscriptions: Sequence[Subscription], stage: Stage, *, threads: int, stop: Flag) -> None:
        """
        Deliver until `stop` is set, then finish or requeue what is in hand and return within 15 seconds.

        Reconnects by itself. `stop` may be set from any thread or signal handler.
        """

    def depth(self, queue: str) -> int:
        """Messages ready in a queue."""

    def close(self) -> None: ...
