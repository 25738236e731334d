"""What travels: one of our events, about 1.2 KB as JSON. Its twin is what a handler answers."""

import json
import time
from collections.abc import Iterable
from pathlib import Path

import pika

import schemas
from tests.benchmarks.hops.meter import Bench
from workers.runtime.broker import Outgoing
from workers.runtime.operating import parameters
from workers.runtime.rabbitmq import RabbitBroker

EXAMPLE = "media_validated/examples/v1/inbound-photo.json"
IN, OUT = "in", "out"
QUORUM = {"x-queue-type": "quorum"}
PATIENCE_SECONDS = 30.0
BATCH = 200


def payload() -> dict[str, object]:
    return json.loads(Path(schemas.__path__[0], EXAMPLE).read_bytes())


def body() -> bytes:
    return json.dumps(payload(), separators=(",", ":")).encode()


def declare(bench: Bench, queues: Iterable[str] = (IN, OUT)) -> None:
    with pika.BlockingConnection(parameters(bench.url)) as connection:
        channel = connection.channel()
        for queue in queues:
            channel.queue_declare(queue, durable=True, arguments=QUORUM)


def fill(bench: Bench, exchange: str = "", routing_key: str = IN) -> None:
    """Confirmed: a quorum queue that was made a moment ago may drop what nobody asks about."""
    names = {"message_id": "m", "type": "t", "correlation_id": "c", "content_type": "application/json"}
    one = Outgoing(exchange, routing_key, body(), timestamp=0, **names)
    broker = RabbitBroker(bench.url)
    publisher = broker.publisher()
    for _ in range(0, bench.filling, BATCH):
        publisher.publish(*[one] * BATCH)
    broker.close()
    await_filling(bench)


def await_filling(bench: Bench, queue: str = IN) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    with pika.BlockingConnection(parameters(bench.url)) as connection:
        channel = connection.channel()
        while channel.queue_declare(queue, passive=True).method.message_count < bench.filling:
            assert time.monotonic() < deadline, "the queue was not filled in time"
            connection.sleep(0.1)
        connection.sleep(0.3)  # the broker's own tidying up after the filling is nobody's cost
