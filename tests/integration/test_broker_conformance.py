"""
What every broker must keep, run against each: RabbitMQ and memory.

What a broker cannot promise stands in its `Features`, and a test asserts that too: nothing is skipped quietly.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread, current_thread
from typing import Any

import pytest

from tests.polling import eventually
from workers.runtime.broker import Broker, Delivery, Outgoing, PublishFailed, Subscription
from workers.runtime.memory import MemoryBroker
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.topology import (
    DEAD,
    REQUEUE,
    RETRY,
    Binding,
    Exchange,
    Queue,
    Topology,
    dead_queue,
    retry_key,
    retry_queue,
    tier,
)

SOON = 15.0
DELAY = 0.5
LIMIT = 3

pytestmark = pytest.mark.services


@dataclass(frozen=True)
class Features:
    """What a broker promises beyond the port. False is a statement, and tested as one."""

    survives_restart: bool
    shared_with_other_processes: bool


@dataclass(frozen=True)
class Adapter:
    name: str
    features: Features
    open: Callable[[], Broker]


@pytest.fixture(params=["memory", "rabbitmq"])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    if request.param == "memory":
        return Adapter("memory", Features(survives_restart=False, shared_with_other_processes=False), MemoryBroker)
    url = request.getfixturevalue("vhost_url")
    return Adapter(
        "rabbitmq", Features(survives_restart=True, shared_with_other_processes=True), lambda: RabbitBroker(url)
    )


@pytest.fixture
def broker(adapter: Adapter) -> Iterator[Broker]:
    broker = adapter.open()
    broker.declare(TOPOLOGY)
    yield broker
    broker.close()


def work_queue(name: str, *keys: str) -> Queue:
    return Queue(
        name,
        [*(Binding("test", key) for key in keys), Binding(REQUEUE, f"*.{name}")],
        dead_letter_exchange=DEAD,
        dead_letter_routing_key=name,
        delivery_limit=LIMIT,
    )


TOPOLOGY = Topology(
    exchanges=[
        Exchange("test"),
        Exchange("test.lost"),
        Exchange("test.in", alternate="test.lost"),
        Exchange(RETRY),
        Exchange(REQUEUE),
        Exchange(DEAD),
    ],
    queues=[
        work_queue("one.a", "*.one", "both"),
        work_queue("two", "two.#", "both"),
        Queue("lost", [Binding("test.lost", "#")]),
        Queue(dead_queue("one.a"), [Binding(DEAD, "one.a")]),
        Queue(dead_queue("two"), [Binding(DEAD, "two")]),
        Queue(retry_queue(DELAY), [Binding(RETRY, f"{tier(DELAY)}.#")], REQUEUE, ttl_seconds=DELAY),
    ],
)


def outgoing(routing_key: str = "a.one", body: bytes = b"{}", *, exchange: str = "test") -> Outgoing:
    return Outgoing(exchange, routing_key, body, "id-" + body.decode(), "t", "c", 1_790_000_000)


@dataclass
class Probe:
    """A stage that writes down what it gets, and answers as it is told."""

    answer: Callable[[Delivery], Sequence[Outgoing]] = lambda _delivery: ()
    max_batch: int = 1
    deliveries: list[Delivery] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    acked: list[Delivery] = field(default_factory=list)

    def run(self, deliveries: Sequence[Delivery]) -> Sequence[Sequence[Outgoing]]:
        self.batches.append(len(deliveries))
        self.deliveries.extend(deliveries)
        return [self.answer(delivery) for delivery in deliveries]

    def settled(self, deliveries: Sequence[Delivery]) -> None:
        self.acked.extend(deliveries)

    def bodies(self) -> list[bytes]:
        return [delivery.body for delivery in self.deliveries]


@contextmanager
def consuming(broker: Broker, stage: Probe, *queues: str, prefetch: int = 8, threads: int = 2) -> Iterator[Flag]:
    stop = Flag()
    subscriptions = [Subscription(queue, prefetch) for queue in queues]
    thread = Thread(target=broker.consume, args=(subscriptions, stage), kwargs={"threads": threads, "stop": stop})
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(SOON)
        assert not thread.is_alive(), "consume did not return within its 15 seconds"


def publish(broker: Broker, *messages: Outgoing) -> None:
    publisher = broker.publisher()
    publisher.publish(*messages)
    publisher.close()


def test_a_message_arrives_as_it_was_sent(broker: Broker) -> None:
    """Body, key, exchange, id and headers come through unchanged."""
    probe = Probe()
    body = bytes(range(256))
    publish(broker, replace(outgoing(body=b"x"), body=body, headers={"x-attempt": 3, "x-error": "späť"}))
    with consuming(broker, probe, "one.a"):
        eventually(lambda: probe.deliveries, SOON)
    got = probe.deliveries[0]
    assert (got.queue, got.exchange, got.routing_key) == ("one.a", "test", "a.one")
    assert (got.body, got.message_id, got.redelivered) == (body, "id-x", False)
    assert (got.headers["x-attempt"], got.headers["x-error"]) == (3, "späť")


def test_an_empty_body_arrives(broker: Broker) -> None:
    """Nothing is a body too; a stage must see it to dead-letter it."""
    probe = Probe()
    publish(broker, outgoing(body=b""))
    with consuming(broker, probe, "one.a"):
        eventually(lambda: probe.deliveries, SOON)
    assert probe.bodies() == [b""]


def test_every_bound_queue_gets_its_own_copy(broker: Broker) -> None:
    """A topic routes to all queues whose pattern fits, and to no other."""
    publish(broker, outgoing("both"), outgoing("a.one"), outgoing("two.b.c"))
    assert (eventually(lambda: broker.depth("one.a") == 2, SOON), broker.depth("two")) == (True, 2)


@pytest.mark.parametrize("exchange", ["test", "no-such-exchange"])
def test_publishing_what_no_queue_wants_fails(broker: Broker, exchange: str) -> None:
    """A message never vanishes quietly."""
    with pytest.raises(PublishFailed):
        publish(broker, outgoing("nobody.wants.this", exchange=exchange))


def test_a_publisher_goes_on_after_a_failure(broker: Broker) -> None:
    """One unroutable message does not spoil the publisher for the next."""
    publisher = broker.publisher()
    with pytest.raises(PublishFailed):
        publisher.publish(outgoing("nobody.wants.this"))
    publisher.publish(outgoing("a.one"))
    publisher.close()
    assert eventually(lambda: broker.depth("one.a") == 1, SOON)


def test_the_alternate_exchange_takes_what_is_unrouted(broker: Broker) -> None:
    """The copy still says where it was published."""
    probe = Probe()
    publish(broker, outgoing("unknown.key", exchange="test.in"))
    with consuming(broker, probe, "lost"):
        eventually(lambda: probe.deliveries, SOON)
    assert (probe.deliveries[0].exchange, probe.deliveries[0].routing_key) == ("test.in", "unknown.key")


def test_outputs_are_published_before_the_ack(broker: Broker) -> None:
    """`settled` comes last: by then the result lies in its queue."""
    probe = Probe(lambda _delivery: [outgoing("two.x", b"result"), outgoing("two.y", b"other")])
    publish(broker, outgoing())
    with consuming(broker, probe, "one.a"):
        eventually(lambda: probe.acked, SOON)
        assert eventually(lambda: broker.depth("two") == 2, SOON)
    assert broker.depth("one.a") == 0


def test_a_failing_stage_gets_the_message_again(broker: Broker) -> None:
    """An exception requeues; the next delivery says that it is one."""
    failures = [ValueError("first")]

    def answer(_delivery: Delivery) -> Sequence[Outgoing]:
        if failures:
            raise failures.pop()
        return ()

    probe = Probe(answer)
    publish(broker, outgoing())
    with consuming(broker, probe, "one.a"):
        eventually(lambda: probe.acked, SOON)
    assert [delivery.redelivered for delivery in probe.deliveries] == [False, True]


def test_a_requeued_message_does_not_reach_other_queues_again(broker: Broker) -> None:
    """It was routed to two queues; only the one that failed gets it back."""
    failures = [ValueError("first")]

    def answer(_delivery: Delivery) -> Sequence[Outgoing]:
        if failures:
            raise failures.pop()
        return ()

    probe = Probe(answer)
    publish(broker, outgoing("both"))
    with consuming(broker, probe, "one.a"):
        eventually(lambda: probe.acked, SOON)
    assert (len(probe.deliveries), broker.depth("two")) == (2, 1)


def test_a_message_that_keeps_failing_is_dead_lettered(broker: Broker) -> None:
    """After the delivery limit the broker itself buries it, once, with the body unchanged."""

    def answer(_delivery: Delivery) -> Sequence[Outgoing]:
        raise ValueError("always")

    failing, grave = Probe(answer), Probe()
    publish(broker, outgoing(body=b"poison"))
    with consuming(broker, failing, "one.a"):
        eventually(lambda: broker.depth(dead_queue("one.a")) == 1, SOON)
    with consuming(broker, grave, dead_queue("one.a")):
        eventually(lambda: grave.deliveries, SOON)
    assert (len(failing.deliveries), failing.acked, grave.bodies()) == (LIMIT + 1, [], [b"poison"])
    deaths: Any = grave.deliveries[0].headers["x-death"]
    death = deaths[0]
    assert (death["reason"], death["queue"], death["routing-keys"]) == ("delivery_limit", "one.a", ["a.one"])


def test_a_stage_dead_letters_by_publishing(broker: Broker) -> None:
    """The dead-letter exchange routes by the queue's name."""
    probe = Probe(lambda delivery: [outgoing(delivery.queue, delivery.body, exchange=DEAD)])
    publish(broker, outgoing(body=b"bad"))
    with consuming(broker, probe, "one.a"):
        eventually(lambda: probe.acked, SOON)
    assert eventually(lambda: broker.depth(dead_queue("one.a")) == 1, SOON)


def test_an_unpublishable_output_keeps_the_input(broker: Broker) -> None:
    """An output that no queue wants must not cost the message that led to it."""
    probe = Probe(lambda _delivery: [outgoing("nobody.wants.this")])
    publish(broker, outgoing(body=b"keep me"))
    with consuming(broker, probe, "one.a"):
        eventually(lambda: probe.deliveries, SOON)
    eventually(lambda: broker.depth("one.a") + broker.depth(dead_queue("one.a")) == 1, SOON)
    assert probe.acked == []


def test_a_delayed_message_comes_back_not_too_early(broker: Broker) -> None:
    """It returns to the one queue that sent it, under its headers, when the tier's time is up."""
    came: list[float] = []

    def answer(_delivery: Delivery) -> Sequence[Outgoing]:
        came.append(time.monotonic())
        return ()

    probe = Probe(answer)
    sent = time.monotonic()
    publish(broker, replace(outgoing(retry_key(DELAY, "one.a"), exchange=RETRY), headers={"x-attempt": 1}))
    with consuming(broker, probe, "one.a", "two"):
        eventually(lambda: probe.deliveries, SOON)
    got = probe.deliveries[0]
    assert (got.queue, got.exchange, got.headers["x-attempt"]) == ("one.a", REQUEUE, 1)
    assert DELAY <= came[0] - sent < DELAY + 2


def test_delays_run_side_by_side(broker: Broker) -> None:
    """Twenty messages in one tier wait once, not twenty times."""
    probe = Probe()
    sent = time.monotonic()
    publish(broker, *(outgoing(retry_key(DELAY, "two"), b"%d" % n, exchange=RETRY) for n in range(20)))
    with consuming(broker, probe, "two"):
        eventually(lambda: len(probe.deliveries) == 20, SOON)
    assert sorted(probe.bodies(), key=int) == [b"%d" % n for n in range(20)]
    assert time.monotonic() - sent < DELAY * 10


def test_two_consumers_never_share_a_message(broker: Broker) -> None:
    """Every message is delivered to exactly one of them."""
    left, right = Probe(), Probe()
    with consuming(broker, left, "one.a", prefetch=1), consuming(broker, right, "one.a", prefetch=1):
        publish(broker, *(outgoing(body=b"%d" % n) for n in range(60)))
        eventually(lambda: len(left.acked) + len(right.acked) == 60, SOON)
    assert sorted(left.bodies() + right.bodies(), key=int) == [b"%d" % n for n in range(60)]


def test_no_more_than_the_prefetch_is_taken(broker: Broker) -> None:
    """The rest stays in the queue for others, although threads are idle."""
    gate = Flag()

    def answer(_delivery: Delivery) -> Sequence[Outgoing]:
        assert gate.wait(SOON)
        return ()

    probe = Probe(answer)
    publish(broker, *(outgoing(body=b"%d" % n) for n in range(5)))
    with consuming(broker, probe, "one.a", prefetch=2, threads=4):
        eventually(lambda: len(probe.deliveries) == 2, SOON)
        assert eventually(lambda: broker.depth("one.a") == 3, SOON)
        gate.set()
        eventually(lambda: len(probe.acked) == 5, SOON)


@dataclass
class Pausing(Probe):
    """A probe that can be told to pause."""

    paused: Flag = field(default_factory=Flag)


def test_a_stage_that_pauses_gets_nothing_until_it_goes_on(broker: Broker) -> None:
    """Again and again: the rest stays in the queue, and nothing counts as a failure."""
    probe, numbers = Pausing(), count()

    def is_held_back() -> bool:
        """What is on its way when a stage pauses may still come."""
        publish(broker, outgoing(body=b"%d" % next(numbers)))
        return broker.depth("one.a") > 0

    def everything_came() -> bool:
        return broker.depth("one.a") == 0 and len(probe.acked) == len(set(probe.bodies()))

    with consuming(broker, probe, "one.a"):
        for _ in range(2):
            probe.paused.set()
            eventually(is_held_back, SOON, every=0.3)
            publish(broker, *(outgoing(body=b"%d" % next(numbers)) for _ in range(3)))
            eventually(lambda: broker.depth("one.a") >= 4, SOON, every=0.3)
            probe.paused.clear()
            eventually(everything_came, SOON)
    assert sorted(map(int, probe.bodies())) == list(range(next(numbers)))
    assert {delivery.redelivered for delivery in probe.deliveries} == {False}


def test_handlers_run_at_the_same_time(broker: Broker) -> None:
    """Four threads work on four messages, none waits for another."""
    lock, busy, gate = Lock(), set[str](), Flag()

    def answer(_delivery: Delivery) -> Sequence[Outgoing]:
        with lock:
            busy.add(current_thread().name)
            if len(busy) == 4:
                gate.set()
        assert gate.wait(SOON)
        return ()

    probe = Probe(answer)
    publish(broker, *(outgoing(body=b"%d" % n) for n in range(4)))
    with consuming(broker, probe, "one.a", threads=4):
        eventually(lambda: len(probe.acked) == 4, SOON)
    assert len(busy) == 4


def test_a_batching_stage_gets_what_is_there_together(broker: Broker) -> None:
    """Never more than it asked for, and fewer calls than messages."""
    probe = Probe(max_batch=10)
    publish(broker, *(outgoing(body=b"%d" % n) for n in range(40)))
    with consuming(broker, probe, "one.a", prefetch=40, threads=1):
        eventually(lambda: len(probe.acked) == 40, SOON)
    assert max(probe.batches) <= 10
    assert len(probe.batches) < 40


def test_stopping_returns_what_was_not_begun(broker: Broker) -> None:
    """What is in hand is finished, what waits goes back, nothing is lost or done twice."""
    begun, gate = Flag(), Flag()

    def answer(_delivery: Delivery) -> Sequence[Outgoing]:
        begun.set()
        gate.wait(SOON)
        return ()

    probe = Probe(answer)
    publish(broker, *(outgoing(body=b"%d" % n) for n in range(6)))
    with consuming(broker, probe, "one.a", prefetch=6, threads=1) as stop:
        assert begun.wait(SOON)
        stop.set()
        gate.set()
    assert eventually(lambda: len(probe.acked) + broker.depth("one.a") == 6, SOON)
    assert len(probe.acked) == len(probe.deliveries)


def test_stopping_does_not_wait_for_a_handler_that_hangs(broker: Broker) -> None:
    """`consume` returns within 15 seconds, and the message is delivered again to the next consumer."""
    hang, begun = Flag(), Flag()

    def answer(_delivery: Delivery) -> Sequence[Outgoing]:
        begun.set()
        hang.wait(60)
        return [outgoing("two.late", b"late")]

    publish(broker, outgoing(body=b"slow"))
    with consuming(broker, Probe(answer), "one.a", threads=1):
        assert begun.wait(SOON)
    successor = Probe()
    with consuming(broker, successor, "one.a"):
        eventually(lambda: successor.acked, SOON)
        hang.set()
    assert (successor.bodies(), successor.deliveries[0].redelivered, broker.depth("two")) == ([b"slow"], True, 0)


def test_declaring_again_changes_nothing(broker: Broker) -> None:
    """Every process declares at its start; messages stay."""
    publish(broker, outgoing())
    broker.declare(TOPOLOGY)
    broker.declare(TOPOLOGY)
    probe = Probe()
    with consuming(broker, probe, "one.a"):
        eventually(lambda: probe.acked, SOON)
    assert len(probe.deliveries) == 1


def test_threads_may_share_a_publisher(broker: Broker) -> None:
    """A door publishes from many requests at once."""
    publisher = broker.publisher()
    threads = [
        Thread(target=publisher.publish, args=[outgoing(body=b"%d-%d" % (n, m)) for m in range(10)]) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    publisher.close()
    assert eventually(lambda: broker.depth("one.a") == 80, SOON)


def test_what_a_broker_keeps_after_it_was_closed(adapter: Adapter) -> None:
    """RabbitMQ has the message for whoever connects next; memory has nothing, which its docstring says too."""
    first = adapter.open()
    first.declare(TOPOLOGY)
    publish(first, outgoing())
    first.close()
    second = adapter.open()
    second.declare(TOPOLOGY)
    kept = second.depth("one.a")
    second.close()
    assert kept == (1 if adapter.features.survives_restart else 0)
    if not adapter.features.survives_restart:
        assert "Not durable and not shared" in (sys.modules[type(first).__module__].__doc__ or "")


PUBLISH = """
import sys
from tests.integration.test_broker_conformance import TOPOLOGY, outgoing, publish
from workers.runtime.memory import MemoryBroker
from workers.runtime.rabbitmq import RabbitBroker

broker = RabbitBroker(sys.argv[1]) if sys.argv[1] else MemoryBroker()
broker.declare(TOPOLOGY)
publish(broker, outgoing())
broker.close()
"""


def test_whether_other_processes_share_the_queues(adapter: Adapter, request: pytest.FixtureRequest) -> None:
    """RabbitMQ's queues are everybody's; what a process puts into its memory is seen by itself alone."""
    shared = adapter.features.shared_with_other_processes
    broker = adapter.open()
    broker.declare(TOPOLOGY)
    assert run_python(PUBLISH, request.getfixturevalue("vhost_url") if shared else "") == 0
    assert broker.depth("one.a") == (1 if shared else 0)
    broker.close()


def run_python(script: str, argument: str) -> int:
    """A real process of its own; its code."""
    root = Path(__file__).parents[2]
    return subprocess.run([sys.executable, "-c", script, argument], cwd=root, check=False, timeout=60).returncode


CONSUME_AND_DIE = """
import os, sys
from threading import Event
from workers.runtime.broker import Subscription
from workers.runtime.rabbitmq import RabbitBroker

class Deadly:
    max_batch = 1
    def run(self, deliveries):
        os._exit(9)
    def settled(self, deliveries):
        pass

RabbitBroker(sys.argv[1]).consume([Subscription("one.a", 1)], Deadly(), threads=1, stop=Event())
"""


def test_a_message_that_kills_its_process_is_dead_lettered(vhost_url: str) -> None:
    """The delivery limit also counts processes that died; memory cannot promise it, since it dies with them."""
    broker = RabbitBroker(vhost_url)
    broker.declare(TOPOLOGY)
    publish(broker, outgoing(body=b"deadly"))
    codes = []
    while broker.depth("one.a"):
        codes.append(run_python(CONSUME_AND_DIE, vhost_url))
        eventually(lambda: broker.depth("one.a") + broker.depth(dead_queue("one.a")) == 1, SOON)
    assert (codes, broker.depth(dead_queue("one.a"))) == ([9] * (LIMIT + 1), 1)
    broker.close()
