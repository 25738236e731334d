"""
Versioning, proved through a real queue with an event of the tests' own that has two versions.

`parcel_weighed` v1 says `grams`; v2 says `weight_grams` and may say `scale`. Three deployments know different amounts:
`OLD` only v1, `NEW` both, `CAREFUL` both but writes v1 until all consumers are new.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event as Flag
from threading import Thread
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from schemas.codec import Codec
from schemas.event import AnyEvent, EventData
from schemas.lineage import begin
from schemas.registry import Contract, Registry
from tests.polling import eventually
from workers.runtime.broker import Broker, Delivery, Outgoing, Stage, Subscription
from workers.runtime.clock import SystemClock
from workers.runtime.dead_letters import DeadLetters
from workers.runtime.letters import event_message
from workers.runtime.memory import MemoryBroker
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.settings import QueueTuning, Settings, load
from workers.runtime.stage import EventStage
from workers.runtime.topology import dead_queue, plan, retry_queue, subscriptions_of
from workers.runtime.worker import Worker

pytestmark = pytest.mark.services

SOON = 15.0
MEMORY = "memory:"
QUEUE = "weigh"


class Weighed(EventData, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "parcel_weighed"
    direction: str = "inbound"
    channel: str = "sms"
    account: str = "acme"


class WeighedV1(Weighed, frozen=True, kw_only=True):
    version: ClassVar[int] = 1
    grams: int


class WeighedV2(Weighed, frozen=True, kw_only=True):
    version: ClassVar[int] = 2
    weight_grams: int
    scale: str | None = None


def v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    return {"weight_grams" if name == "grams" else name: value for name, value in data.items()}


def v2_to_v1(data: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in data.items() if name != "scale"}
    return {"grams" if name == "weight_grams" else name: value for name, value in known.items()}


BOTH = Registry([Contract(WeighedV2, upcasts={1: v1_to_v2}, downcasts={2: v2_to_v1})])
OLD = Codec(Registry([Contract(WeighedV1)]))
NEW = Codec(BOTH)
CAREFUL = Codec(BOTH, emits={"parcel_weighed": 1})


class Scales:
    """A worker of the tests' own, in a deployment that knows the events of `codec`."""

    def __init__(self, codec: Codec, event: type[EventData], settings: Settings) -> None:
        self.seen: list[EventData] = []
        self.worker = Worker("scales", QUEUE, {event: self.weigh}, emits=())
        ports: Any = SimpleNamespace(settings=settings, clock=SystemClock(), store=NoStore())
        self.stage = EventStage(self.worker, ports, codec=codec)

    def weigh(self, event: AnyEvent, _ports: object) -> Sequence[EventData]:
        self.seen.append(event.data)
        return ()


class NoStore:
    def put(self, *_: object, **__: object) -> None:
        raise ConnectionRefusedError


def settings_with(ladder: list[float]) -> Settings:
    settings = load({})
    tuning = QueueTuning(prefetch=8, threads=2, ladder=ladder, deadline_seconds=60)
    queues = settings.queues.model_copy(update={"tiers": sorted(set(ladder)), "workers": {"scales": tuning}})
    return settings.model_copy(update={"queues": queues})


@pytest.fixture
def settings() -> Settings:
    return settings_with([0.1, 0.3])


@pytest.fixture(params=["memory", "rabbitmq"])
def url(request: pytest.FixtureRequest) -> str:
    return MEMORY if request.param == "memory" else request.getfixturevalue("vhost_url")


@pytest.fixture
def broker(url: str) -> Iterator[Broker]:
    broker: Broker = MemoryBroker() if url == MEMORY else RabbitBroker(url)
    yield broker
    broker.close()


@contextmanager
def deployed(broker: Broker, scales: Scales, settings: Settings) -> Iterator[Scales]:
    broker.declare(plan([scales.worker], settings))
    with consuming(broker, subscriptions_of(scales.worker, settings), scales.stage):
        yield scales


@contextmanager
def consuming(broker: Broker, subscriptions: Sequence[Subscription], stage: Stage) -> Iterator[None]:
    stop = Flag()
    thread = Thread(target=broker.consume, args=(subscriptions, stage), kwargs={"threads": 2, "stop": stop})
    thread.start()
    yield
    stop.set()
    thread.join(SOON)


def publish(broker: Broker, codec: Codec, data: EventData) -> Outgoing:
    message = event_message(begin(data, id="parcel-1", source="tests", now=datetime.now(UTC)), codec)
    publisher = broker.publisher()
    publisher.publish(message)
    publisher.close()
    return message


class Gravedigger:
    """Takes a dead letter and sends it back to its queue."""

    max_batch = 1

    def __init__(self) -> None:
        self.dead: list[Delivery] = []

    def run(self, deliveries: Sequence[Delivery]) -> Sequence[Sequence[Outgoing]]:
        self.dead.extend(deliveries)
        return [[Outgoing("", QUEUE, one.body, one.message_id or "", "", "", 0)] for one in deliveries]

    def settled(self, deliveries: Sequence[Delivery]) -> None:
        pass


def replay(broker: Broker, url: str) -> None:
    """As an operator does it; memory has no operator's tools, so there by the port alone."""
    if url != MEMORY:
        with DeadLetters(url) as dead_letters:
            (letter,) = dead_letters.list(QUEUE)
            assert (letter.reason, dead_letters.replay(QUEUE)) == ("newer_version", 1)
        return
    digger = Gravedigger()
    with consuming(broker, [Subscription(dead_queue(QUEUE), 1)], digger):
        eventually(lambda: digger.dead, SOON)
    assert digger.dead[0].headers["x-reason"] == "newer_version"


def test_an_old_producer_is_understood_by_a_new_consumer(broker: Broker, settings: Settings) -> None:
    """The consumer sees only the newest class."""
    with deployed(broker, Scales(NEW, WeighedV2, settings), settings) as scales:
        message = publish(broker, OLD, WeighedV1(grams=250))
        eventually(lambda: scales.seen, SOON)
    assert message.routing_key == "parcel_weighed.v1.inbound.sms.light"
    assert scales.seen == [WeighedV2(weight_grams=250)]


def test_a_new_producer_writes_the_old_version_until_all_are_new(broker: Broker, settings: Settings) -> None:
    """Which version is emitted is a setting, so consumers roll out first."""
    with deployed(broker, Scales(OLD, WeighedV1, settings), settings) as scales:
        message = publish(broker, CAREFUL, WeighedV2(weight_grams=250, scale="b"))
        eventually(lambda: scales.seen, SOON)
    assert (message.type, scales.seen) == ("trombone.parcel_weighed.v1", [WeighedV1(grams=250)])


def test_a_newer_version_waits_for_an_upgrade_that_is_under_way(broker: Broker) -> None:
    """It goes through the delay ladder and reaches the upgraded worker without anybody's help."""
    settings = settings_with([1, 1, 1])
    with deployed(broker, Scales(OLD, WeighedV1, settings), settings):
        publish(broker, NEW, WeighedV2(weight_grams=250))
        eventually(lambda: broker.depth(retry_queue(1)), SOON)
    with deployed(broker, Scales(NEW, WeighedV2, settings), settings) as upgraded:
        eventually(lambda: upgraded.seen, SOON)
    assert upgraded.seen == [WeighedV2(weight_grams=250)]


def test_a_newer_version_is_dead_lettered_at_last_and_replayed_after_the_upgrade(
    broker: Broker, url: str, settings: Settings
) -> None:
    """Nothing is lost by upgrading in the wrong order."""
    with deployed(broker, Scales(OLD, WeighedV1, settings), settings) as old:
        publish(broker, NEW, WeighedV2(weight_grams=250, scale="b"))
        eventually(lambda: broker.depth(dead_queue(QUEUE)) == 1, SOON)
    replay(broker, url)
    with deployed(broker, Scales(NEW, WeighedV2, settings), settings) as upgraded:
        eventually(lambda: upgraded.seen, SOON)
    assert (old.seen, upgraded.seen) == ([], [WeighedV2(weight_grams=250, scale="b")])
    assert (broker.depth(QUEUE), broker.depth(dead_queue(QUEUE))) == (0, 0)
