"""
Innocents: what comes back again and again may be what kills its worker, so it is handled alone.

A process that dies gives back all that it held, and the broker counts that as a failure of each. So a work queue has
no limit of its own: what came back to it for the second time is moved to `<queue>.alone`, where a process holds one
message at a time. There the broker's limit counts, and it makes a dead letter of the guilty one only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Event as Flag
from typing import Protocol

import structlog

from workers.runtime import letters
from workers.runtime.broker import Delivery, Outgoing, Pauses, Stage
from workers.runtime.clock import Clock
from workers.runtime.process import Trips
from workers.runtime.topology import ALONE_AFTER, REQUEUE, alone_queue, home_queue, requeue_key

log = structlog.get_logger()

FROM_EXCHANGE = "x-apart-exchange"
FROM_KEY = "x-apart-key"
"""Where a message was published that was moved: the record tells events, retries and dead letters by it."""

_RETURNS = "x-delivery-count"
"""RabbitMQ's own count on quorum queues."""
_KEPT = (letters.ERROR_CODE, letters.ERROR, letters.REASON, letters.WORKER)


class TrippingStage(Stage, Trips, Protocol):
    """What every worker of ours is."""


class SetApart:
    """Implements `broker.Stage` around another one, which sees every delivery as if it came from its work queue."""

    def __init__(self, stage: TrippingStage, clock: Clock) -> None:
        self.stage = stage
        self.tripped = stage.tripped
        self.paused = stage.paused if isinstance(stage, Pauses) else Flag()
        self._clock = clock

    @property
    def max_batch(self) -> int:
        return self.stage.max_batch

    def run(self, deliveries: Sequence[Delivery]) -> Sequence[Sequence[Outgoing]]:
        suspects = [_is_suspect(delivery) for delivery in deliveries]
        usual = [at_home(one) for one, suspect in zip(deliveries, suspects, strict=True) if not suspect]
        results = iter(self.stage.run(usual) if usual else ())
        return [
            [self._set_apart(one)] if suspect else next(results)
            for one, suspect in zip(deliveries, suspects, strict=True)
        ]

    def settled(self, deliveries: Sequence[Delivery]) -> None:
        self.stage.settled(deliveries)

    def _set_apart(self, delivery: Delivery) -> Outgoing:
        log.warning("delivery.set_apart", queue=delivery.queue, returns=_returns(delivery.headers))
        return moved(delivery, alone_queue(delivery.queue), self._clock)


def moved(delivery: Delivery, queue: str, clock: Clock) -> Outgoing:
    """
    The same message at the end of this queue, as if it came for the first time.

    Unlike a return it does not count, and unlike a retry nobody hears of it.
    """
    now = int(clock.now().timestamp())
    case = letters.Case(delivery, None, letters.trail_of(delivery, now), now)
    return letters.apart_message(
        case,
        REQUEUE,
        requeue_key(queue),
        {name: str(delivery.headers[name]) for name in _KEPT if name in delivery.headers}
        | {FROM_EXCHANGE: delivery.exchange, FROM_KEY: letters.short(delivery.routing_key, letters.MAX_KEY_BYTES)},
    )


def _is_suspect(delivery: Delivery) -> bool:
    return home_queue(delivery.queue) == delivery.queue and _returns(delivery.headers) >= ALONE_AFTER


def _returns(headers: Mapping[str, object]) -> int:
    count = headers.get(_RETURNS, 0)
    return count if isinstance(count, int) else 0


def at_home(delivery: Delivery) -> Delivery:
    """What was moved, as it was before. Only we can publish there, so its headers are believed."""
    if delivery.exchange != REQUEUE or FROM_EXCHANGE not in delivery.headers:
        return delivery
    exchange, key = (str(delivery.headers.get(name, "")) for name in (FROM_EXCHANGE, FROM_KEY))
    return replace(delivery, queue=home_queue(delivery.queue), exchange=exchange, routing_key=key)
