"""
What a stage publishes: events that go on, messages that come back later, dead letters.

Our headers have their names here. What upstream systems put into them is never believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from schemas.codec import PRODUCT, Codec, wire_type
from schemas.event import AnyEvent
from workers.runtime.broker import Delivery, Outgoing
from workers.runtime.topology import DEAD, EVENTS, LANES, RETRY, UPSTREAM, event_key, retry_key

ATTEMPT = "x-attempt"
"""How many attempts failed before this one. Our own count: what brokers count differs between their versions."""
WAITS = "x-waits"
"""How many times it was too early for it: such a wait is not an attempt."""
FIRST_SEEN = "x-first-seen"
"""Seconds since 1970."""
FIRST_EXCHANGE = "x-first-exchange"
FIRST_KEY = "x-first-key"
"""Where it was published first: what came from upstream is checked as such on every later attempt and replay too."""
FIRST_QUEUE = "x-first-queue"
ERROR_CODE = "x-error-code"
ERROR = "x-error"
REASON = "x-reason"
WORKER = "x-worker"

MAX_ERROR_BYTES = 2048
"""Keeps all headers together far below 16 KB."""
MAX_KEY_BYTES = 255
"""Of a routing key or queue name (AMQP 0-9-1, short strings)."""


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a delivery has been before."""

    attempt: int
    first_seen: int
    exchange: str
    routing_key: str
    queue: str
    waits: int = 0

    @property
    def is_upstream(self) -> bool:
        return self.exchange == UPSTREAM

    def headers(self) -> dict[str, str | int]:
        return {
            ATTEMPT: self.attempt,
            FIRST_SEEN: self.first_seen,
            FIRST_EXCHANGE: self.exchange,
            FIRST_KEY: short(self.routing_key, MAX_KEY_BYTES),
            FIRST_QUEUE: self.queue,
            **({WAITS: self.waits} if self.waits else {}),
        }


def trail_of(delivery: Delivery, now: int) -> Trail:
    """Our own headers are not believed on what upstream systems publish: they could have written them."""
    headers: Mapping[str, object] = {} if delivery.exchange == UPSTREAM else delivery.headers
    exchange, routing_key = _first_route(delivery, headers)
    return Trail(
        attempt=_integer(headers.get(ATTEMPT), 0),
        first_seen=_integer(headers.get(FIRST_SEEN), now),
        exchange=exchange,
        routing_key=routing_key,
        queue=str(headers.get(FIRST_QUEUE, delivery.queue)),
        waits=_integer(headers.get(WAITS), 0),
    )


def _first_route(delivery: Delivery, headers: Mapping[str, object]) -> tuple[str, str]:
    """The broker's word comes before ours: what it dead-letters keeps the headers that its publisher made up."""
    for death in _deaths(headers):
        if death.get("exchange") == UPSTREAM:
            return UPSTREAM, str(next(iter(death.get("routing-keys", ())), ""))
    if FIRST_EXCHANGE in headers:
        return str(headers[FIRST_EXCHANGE]), str(headers.get(FIRST_KEY, ""))
    return delivery.exchange, delivery.routing_key


def _deaths(headers: Mapping[str, object]) -> list[dict[str, Any]]:
    """RabbitMQ's own history of a message that it dead-lettered itself."""
    deaths = headers.get("x-death")
    return [death for death in deaths if isinstance(death, dict)] if isinstance(deaths, list) else []


def _integer(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def short(text: str, max_bytes: int = MAX_ERROR_BYTES) -> str:
    """Cut to so many bytes of UTF-8, whatever the text holds."""
    return text.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")


def event_message(event: AnyEvent, codec: Codec = PRODUCT) -> Outgoing:
    """
    An event on its way to whoever consumes it, in the version that the codec writes.

    Raises schemas.codec.Unwritable when the event breaks its own contract.
    """
    data = event.data
    version = codec.emitted_version(data.event_type)
    return Outgoing(
        exchange=EVENTS,
        routing_key=event_key(
            data.event_type, version, data.direction, data.channel, getattr(data, "lane", None) or LANES[0]
        ),
        body=codec.encode(event),
        message_id=event.id,
        type=wire_type(data.event_type, version),
        correlation_id=event.correlation_id,
        timestamp=int(event.time.timestamp()),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A delivery that did not work out. `event` is None when it could not be read; `now` are seconds since 1970."""

    delivery: Delivery
    event: AnyEvent | None
    trail: Trail
    now: int


def retry_message(case: Case, *, delay: float, code: str, error: str) -> Outgoing:
    """The same message again, into the delay queue that lets go of it after `delay` seconds."""
    return _delayed(case, delay, {ATTEMPT: case.trail.attempt + 1, **_why(code, error)})


def wait_message(case: Case, *, delay: float, code: str, error: str) -> Outgoing:
    """The same, for what has not failed: the attempts stay what they are."""
    return _delayed(case, delay, {WAITS: case.trail.waits + 1, **_why(code, error)})


def dead_message(case: Case, *, worker: str, code: str, error: str) -> Outgoing:
    """The same message to the queue's dead letters, with what an operator must know to judge it."""
    verdict = {REASON: short(code, MAX_KEY_BYTES), ERROR: short(error), WORKER: worker}
    return _same(case, DEAD, case.delivery.queue, verdict)


def upstream_message(case: Case) -> Outgoing:
    """The same message again, as its upstream system published it: perhaps somebody consumes its key by now."""
    return _same(case, UPSTREAM, case.trail.routing_key, {})


def _delayed(case: Case, delay: float, headers: Mapping[str, str | int]) -> Outgoing:
    return _same(case, RETRY, retry_key(delay, case.delivery.queue), headers)


def _why(code: str, error: str) -> dict[str, str | int]:
    return {ERROR_CODE: short(code, MAX_KEY_BYTES), ERROR: short(error)}


def apart_message(case: Case, exchange: str, routing_key: str, headers: Mapping[str, str]) -> Outgoing:
    """The same message elsewhere, with where it came from in `headers`."""
    return _same(case, exchange, routing_key, headers)


def _same(case: Case, exchange: str, routing_key: str, headers: Mapping[str, str | int]) -> Outgoing:
    """Body untouched. Properties from the event where it could be read, since a stranger's may say anything."""
    event, delivery = case.event, case.delivery
    return Outgoing(
        exchange=exchange,
        routing_key=routing_key,
        body=delivery.body,
        message_id=event.id if event else short(delivery.message_id or "", MAX_KEY_BYTES) or digest(delivery.body),
        type=wire_type(event.data.event_type, event.data.version) if event else "",
        correlation_id=event.correlation_id if event else "",
        timestamp=case.now,
        headers={**case.trail.headers(), **headers},
    )


def digest(body: bytes) -> str:
    """A name for a message that nobody named."""
    return sha256(body).hexdigest()
