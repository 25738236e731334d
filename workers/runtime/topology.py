"""Every exchange, queue, binding and routing key has its name computed here, and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass

EVENTS = "trombone"
"""Topic exchange of all events; routing key `<event>.v<N>.<direction>.<channel>.<lane>`."""
UPSTREAM = "trombone.in"
"""The only exchange that upstream systems may write to; routing key `<account>.<event>.v<N>.<channel>`."""
UNROUTED = "trombone.unrouted"
"""Alternate exchange of `trombone.in`: what nobody consumes is dead-lettered with a reason instead of vanishing."""
RETRY = "trombone.retry"
"""Topic exchange into the delay ladder; routing key `<tier>.<queue>`."""
REQUEUE = "trombone.requeue"
"""Where the delay queues let go: routes `<tier>.<queue>` back to that one queue."""
DEAD = "trombone.dead"
"""Topic exchange of dead letters; routing key is the queue's name."""

LANES = ("light", "heavy")


@dataclass(frozen=True, slots=True)
class Exchange:
    name: str
    type: str = "topic"
    alternate: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Queue:
    """`ttl_seconds` makes it a delay queue that lets go to `dead_letter_exchange` with the routing key unchanged."""

    name: str
    bindings: Sequence[Binding]
    dead_letter_exchange: str | None = None
    dead_letter_routing_key: str | None = None
    ttl_seconds: float | None = None
    delivery_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Topology:
    exchanges: Sequence[Exchange]
    queues: Sequence[Queue]


def event_key(event_type: str, version: int, direction: str, channel: str, lane: str) -> str:
    return f"{event_type}.v{version}.{direction}.{channel}.{lane}"


def upstream_key(account: str, event_type: str, version: int, channel: str) -> str:
    return f"{account}.{event_type}.v{version}.{channel}"


def dead_queue(queue: str) -> str:
    return f"{queue}.dead"


def tier(seconds: float) -> str:
    return f"{seconds:g}s"


def retry_queue(seconds: float) -> str:
    return f"retry.{tier(seconds)}"


def retry_key(seconds: float, queue: str) -> str:
    return f"{tier(seconds)}.{queue}"
