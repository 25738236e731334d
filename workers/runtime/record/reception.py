"""From a delivery on the record's queue to what the record keeps of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.codec import Codec, NewerVersion, Unreadable
from schemas.event import AnyEvent
from workers.runtime import letters
from workers.runtime.broker import Delivery
from workers.runtime.letters import trail_of
from workers.runtime.outcome import Poison
from workers.runtime.record.delivery import RecordedDelivery
from workers.runtime.settings import Settings
from workers.runtime.topology import DEAD, RETRY, queues_of, tier
from workers.runtime.upstream import admit
from workers.runtime.worker import Worker


@dataclass(frozen=True, slots=True)
class _Route:
    """How it came, about which queue, and to wait for how long."""

    how: str
    queue: str | None = None
    delay_seconds: float = 0.0


class Reception:
    """`workers` are all those whose queues the record watches."""

    def __init__(self, workers: Sequence[Worker], settings: Settings, codec: Codec) -> None:
        self._codec = codec
        self._gates = [worker for worker in workers if worker.upstream]
        self._owners = {queue: worker.name for worker in workers for queue in queues_of(worker, settings)}
        self._delays: Mapping[str, float] = {tier(seconds): seconds for seconds in settings.queues.tiers}

    def read(self, delivery: Delivery) -> RecordedDelivery:
        """Raises NewerVersion for an event that may be readable after an upgrade."""
        try:
            return self._recorded(delivery, self._event(delivery))
        except NewerVersion as error:
            if self._route(delivery).how == "event":
                raise
            return self.unreadable(delivery, error)
        except (Unreadable, Poison) as error:
            return self.unreadable(delivery, error)

    def unreadable(self, delivery: Delivery, error: Unreadable | Poison) -> RecordedDelivery:
        """It is kept as it came: nothing that was sent to us vanishes."""
        queue = self._route(delivery).queue or delivery.routing_key
        return RecordedDelivery("unreadable", delivery.body, queue=queue, code=error.code, detail=str(error))

    def _event(self, delivery: Delivery) -> AnyEvent:
        """What upstream systems sent is believed no more here than by the workers."""
        trail = trail_of(delivery, 0)
        event = self._codec.decode(delivery.body, outer=trail.is_upstream)
        if trail.is_upstream and self._gates:
            gate = next((gate for gate in self._gates if type(event.data) in gate.upstream), self._gates[0])
            admit(event, trail.routing_key, gate)
        return event

    def _recorded(self, delivery: Delivery, event: AnyEvent) -> RecordedDelivery:
        route = self._route(delivery)
        if route.how == "event":
            return RecordedDelivery("event", delivery.body, event)
        headers, trail = delivery.headers, trail_of(delivery, 0)
        return RecordedDelivery(
            route.how,
            delivery.body,
            event,
            worker=self._owners.get(route.queue or "") or _text(headers.get(letters.WORKER)),
            queue=route.queue,
            attempt=trail.attempt,
            delay_seconds=route.delay_seconds,
            code=_code(headers),
            detail=_text(headers.get(letters.ERROR)),
            first_seen=trail.first_seen,
            waits=trail.waits,
        )

    def _route(self, delivery: Delivery) -> _Route:
        if delivery.exchange == RETRY:
            delay, _, queue = delivery.routing_key.partition(".")
            return _Route("retry", queue, self._delays.get(delay, 0.0))
        if delivery.exchange == DEAD:
            return _Route("dead", delivery.routing_key)
        return _Route("event")


def _code(headers: Mapping[str, object]) -> str | None:
    """Ours, or RabbitMQ's own (`delivery_limit`, when a message kept killing its worker)."""
    ours = headers.get(letters.REASON) or headers.get(letters.ERROR_CODE)
    return _text(ours) or _text(headers.get("x-first-death-reason"))


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
