"""
Making a topology exist.

Queue arguments are the queue's identity: RabbitMQ refuses to declare it again with others. So they are the minimum, and
what an operator may want to tune (lengths, say) belongs into policies.
"""

from typing import Any

from amqp.exceptions import PreconditionFailed

from workers.runtime.rabbitmq.link import Link, LinkLost
from workers.runtime.topology import Exchange, Queue, Topology

NEVER = 2**31 - 1
"""RabbitMQ 4 drops a message after 20 returns unless told otherwise (rabbitmq.com/docs/quorum-queues, read 2026-11-22),
and looking at a dead letter returns it."""


class TopologyRefused(Exception):
    """Raised when the broker has an exchange or queue of this name that was declared with other arguments."""

    code = "topology_refused"
    retryable = False


def declare(link: Link, topology: Topology) -> None:
    """Raises LinkLost, or TopologyRefused."""
    try:
        _declare(link, topology)
    except LinkLost as lost:
        if isinstance(lost.__cause__, PreconditionFailed):
            raise TopologyRefused(str(lost)) from lost
        raise


def _declare(link: Link, topology: Topology) -> None:
    for exchange in topology.exchanges:
        _declare_exchange(link, exchange)
    for queue in topology.queues:
        link.call(
            link.channel.queue_declare, queue.name, durable=True, auto_delete=False, arguments=queue_arguments(queue)
        )
    for queue in topology.queues:
        for binding in queue.bindings:
            link.call(link.channel.queue_bind, queue.name, binding.exchange, binding.routing_key)


def queue_arguments(queue: Queue) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-delivery-limit": NEVER if queue.delivery_limit is None else queue.delivery_limit,
    }
    if queue.dead_letter_exchange is not None:
        arguments["x-dead-letter-exchange"] = queue.dead_letter_exchange
        arguments["x-dead-letter-strategy"] = "at-least-once"
    if queue.dead_letter_routing_key is not None:
        arguments["x-dead-letter-routing-key"] = queue.dead_letter_routing_key
    if queue.ttl_seconds is not None:
        arguments["x-message-ttl"] = round(queue.ttl_seconds * 1000)
    return arguments


def _declare_exchange(link: Link, exchange: Exchange) -> None:
    arguments = {"alternate-exchange": exchange.alternate} if exchange.alternate else {}
    link.call(
        link.channel.exchange_declare,
        exchange.name,
        exchange.type,
        durable=True,
        auto_delete=False,
        arguments=arguments,
    )
