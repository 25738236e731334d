"""Ours: one worker whose handler only advances the file, as `run_worker` runs it."""

from collections.abc import Sequence
from threading import Event as Flag
from types import SimpleNamespace

from schemas.attachment import StoredAttachment, advance
from schemas.event import Event, EventData
from schemas.media_stored import MediaStored
from schemas.media_validated import MediaValidated
from schemas.message import carry
from tests.benchmarks.hops import material
from tests.benchmarks.hops.meter import Bench, Meter
from workers.runtime import telemetry
from workers.runtime.broker import Delivery, Subscription
from workers.runtime.clock import SystemClock
from workers.runtime.ports import Ports
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.settings import load
from workers.runtime.stage import EventStage
from workers.runtime.topology import DEAD, EVENTS, Binding, Exchange, Queue, Topology
from workers.runtime.worker import Worker


def advanced(event: Event[MediaValidated], _ports: Ports) -> Sequence[EventData]:
    attachments = [advance(one, StoredAttachment) for one in event.data.attachments]
    return [carry(event.data, MediaStored, attachments=attachments)]


WORKER = Worker(name="storer", queues="store", handlers={MediaValidated: advanced}, emits=(MediaStored,))
TOPOLOGY = Topology(
    exchanges=[Exchange(EVENTS), Exchange(DEAD)],
    queues=[
        Queue(material.IN, [Binding(EVENTS, "media_validated.#")], DEAD, material.IN, delivery_limit=5),
        Queue(material.OUT, [Binding(EVENTS, "media_stored.#")], DEAD, material.OUT, delivery_limit=5),
    ],
)


class Metered(EventStage):
    meter: Meter

    def settled(self, deliveries: Sequence[Delivery]) -> None:
        self.meter.tick(len(deliveries))


def run(bench: Bench, *, threads: int = 1) -> None:
    broker = RabbitBroker(bench.url)
    broker.declare(TOPOLOGY)
    material.fill(bench, EVENTS, "media_validated.v1.inbound.sms.light")
    settings = load({})
    telemetry.configure("info")
    stage = Metered(WORKER, SimpleNamespace(settings=settings, clock=SystemClock()))
    stage.meter = Meter(bench)
    broker.consume([Subscription(material.IN, bench.prefetch)], stage, threads=threads, stop=Flag())
