"""
Is everything there, and does somebody consume it? Asked at start and as a metric.

The record binds every event, so no publish is ever refused as unroutable because a worker is missing: it has to be
looked for. The plan shows a binding that is missing; the broker shows exchanges, queues and consumers. Bindings that an
operator removed from the broker cannot be seen through AMQP; `Broker.declare` at the start of a worker puts them back.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pika
from pika.exceptions import ChannelClosedByBroker

from workers.runtime.operating import parameters, queue_state, told_plainly
from workers.runtime.topology import Binding, Queue, Topology

EXCHANGE_MISSING = "exchange_missing"
QUEUE_MISSING = "queue_missing"
QUEUE_UNCONSUMED = "queue_unconsumed"
EVENT_UNCONSUMED = "event_unconsumed"


@dataclass(frozen=True, slots=True)
class Problem:
    """`subject` is an exchange, a queue or a routing key."""

    code: str
    subject: str
    waiting: int = 0
    """Messages ready in an unconsumed queue."""


def unconsumed_events(topology: Topology, events: Iterable[Binding], *, ignoring: Collection[str]) -> list[Problem]:
    """
    Events (as exchange and routing key) that reach no queue of the plan.

    `ignoring` are queues that take everything (the record), which is not the same as somebody working on it.
    """
    queues = [queue for queue in topology.queues if queue.name not in ignoring]
    return [
        Problem(EVENT_UNCONSUMED, event.routing_key)
        for event in events
        if not any(_reaches(event, binding) for queue in queues for binding in queue.bindings)
    ]


def missing_on_broker(url: str, topology: Topology) -> list[Problem]:
    """What the broker lacks of the plan, and work queues without a consumer. Raises OperatorFailed."""
    with told_plainly(), pika.BlockingConnection(parameters(url)) as connection:
        problems = [_exchange_problem(connection, exchange.name) for exchange in topology.exchanges]
        problems += [_queue_problem(connection, queue) for queue in topology.queues]
    return [problem for problem in problems if problem]


def matches(pattern: str, routing_key: str) -> bool:
    """Whether a topic binding takes a key: `*` is one word, `#` any number of words."""
    words = [{"*": r"\.[^.]*", "#": r"(?:\.[^.]*)*"}.get(word, rf"\.{re.escape(word)}") for word in pattern.split(".")]
    return re.fullmatch("".join(words), f".{routing_key}") is not None


def _reaches(event: Binding, binding: Binding) -> bool:
    return event.exchange == binding.exchange and matches(binding.routing_key, event.routing_key)


def _exchange_problem(connection: pika.BlockingConnection, name: str) -> Problem | None:
    """A channel for each question: the broker closes it when the answer is no."""
    channel = connection.channel()
    try:
        channel.exchange_declare(name, passive=True)
    except ChannelClosedByBroker:
        return Problem(EXCHANGE_MISSING, name)
    channel.close()
    return None


def _queue_problem(connection: pika.BlockingConnection, queue: Queue) -> Problem | None:
    channel = connection.channel()
    try:
        waiting, consumers = queue_state(channel, queue.name)
    except ChannelClosedByBroker:
        return Problem(QUEUE_MISSING, queue.name)
    channel.close()
    return Problem(QUEUE_UNCONSUMED, queue.name, waiting) if _is_work(queue) and not consumers else None


def _is_work(queue: Queue) -> bool:
    """Delay queues let go by themselves, and dead letters wait for an operator."""
    return queue.ttl_seconds is None and queue.dead_letter_exchange is not None
