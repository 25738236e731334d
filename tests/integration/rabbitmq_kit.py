"""What the tests of the RabbitMQ adapter share: a small topology, stages made of a function, a consumer in a thread."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pika

from workers.runtime.broker import Broker, Delivery, Outgoing, Subscription
from workers.runtime.operating import parameters
from workers.runtime.rabbitmq import Patience, RabbitBroker
from workers.runtime.topology import Binding, Exchange, Queue, Topology, dead_queue

WORK = "work"
DEAD = "dead"
LIMIT = 2

TOPOLOGY = Topology(
    exchanges=[Exchange(WORK), Exchange(DEAD)],
    queues=[
        Queue("in", [Binding(WORK, "in.#")], DEAD, "in", delivery_limit=LIMIT),
        Queue("out", [Binding(WORK, "out.#")]),
        Queue(dead_queue("in"), [Binding(DEAD, "in")]),
    ],
)


def outgoing(message_id: str, key: str = "in", exchange: str = WORK, **fields: object) -> Outgoing:
    whole = {"body": b"{}", "type": "test", "correlation_id": "journey", "timestamp": 1_700_000_000} | fields
    return Outgoing(exchange=exchange, routing_key=key, message_id=message_id, **whole)


def ids(count: int) -> list[str]:
    return [f"m{number}" for number in range(count)]


def hop(delivery: Delivery) -> list[Outgoing]:
    return [outgoing(str(delivery.message_id), "out")]


class FunctionStage:
    """A stage that asks a function what to publish for one delivery, and remembers everything."""

    def __init__(self, function: Callable[[Delivery], Sequence[Outgoing]], max_batch: int = 1) -> None:
        self.max_batch = max_batch
        self.begun: list[Delivery] = []
        self.batches: list[int] = []
        self.done: list[Delivery] = []
        self._function = function

    def run(self, deliveries: Sequence[Delivery]) -> Sequence[Sequence[Outgoing]]:
        self.begun.extend(deliveries)
        self.batches.append(len(deliveries))
        return [self._function(delivery) for delivery in deliveries]

    def settled(self, deliveries: Sequence[Delivery]) -> None:
        self.done.extend(deliveries)


class Running:
    """A `consume` call in a thread."""

    def __init__(self, broker: Broker, stage: FunctionStage, prefetch: int, threads: int) -> None:
        self._flag = threading.Event()
        self._error: BaseException | None = None
        self._call = lambda: broker.consume([Subscription("in", prefetch)], stage, threads=threads, stop=self._flag)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self, within: float = 15.0) -> float:
        """How many seconds it took."""
        started = time.monotonic()
        self._flag.set()
        self._thread.join(within)
        assert not self._thread.is_alive(), f"consume did not return within {within:g} seconds"
        if self._error:
            raise self._error
        return time.monotonic() - started

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as error:  # noqa: BLE001 - raised again by `stop`
            self._error = error


@contextmanager
def consuming(broker: Broker, stage: FunctionStage, *, prefetch: int = 8, threads: int = 2) -> Iterator[Running]:
    running = Running(broker, stage, prefetch, threads)
    try:
        yield running
    finally:
        running.stop()


class TwoWayBroker(RabbitBroker):
    """Consumes over one URL and publishes over another, so that one of the two links can be broken alone."""

    def __init__(self, consume_url: str, publish_url: str, patience: Patience | None = None) -> None:
        super().__init__(consume_url, patience=patience)
        self._other = RabbitBroker(publish_url, patience=patience)

    def _link(self, purpose: str):
        return self._other._link(purpose) if purpose == "publish" else super()._link(purpose)


def declared(url: str, topology: Topology = TOPOLOGY, **patience: float) -> RabbitBroker:
    broker = RabbitBroker(url, patience=Patience(**patience))
    broker.declare(topology)
    return broker


def publish(broker: Broker, *messages: Outgoing) -> None:
    publisher = broker.publisher()
    publisher.publish(*messages)
    publisher.close()


@contextmanager
def pika_channel(url: str) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
    """A client that is not ours. What it publishes is in its queue when `basic_publish` returns."""
    with pika.BlockingConnection(parameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel


def drained(url: str, queue: str) -> list[tuple[pika.BasicProperties, bytes]]:
    """Take everything out of a queue."""
    taken = []
    with pika_channel(url) as channel:
        while True:
            method, properties, body = channel.basic_get(queue, auto_ack=True)
            if method is None:
                return taken
            taken.append((properties, body))


def drained_ids(url: str, queue: str) -> list[str]:
    return [properties.message_id for properties, _ in drained(url, queue)]
