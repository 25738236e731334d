"""Dramatiq with its default of eight threads, confirms on, quorum queues."""

import os
import time

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from tests.benchmarks.hops import material
from tests.benchmarks.hops.meter import Bench, Meter


class QuorumBroker(RabbitmqBroker):
    """Dramatiq 2.2 has no switch for the type of its queues."""

    def _build_queue_arguments(self, queue_name: str) -> dict[str, object]:
        return super()._build_queue_arguments(queue_name) | material.QUORUM


def run(bench: Bench, *, threads: int = 8) -> None:
    os.environ["dramatiq_queue_prefetch"] = str(bench.prefetch)  # noqa: SIM112 - its name
    broker = QuorumBroker(url=bench.url, confirm_delivery=True)
    dramatiq.set_broker(broker)
    meter = Meter(bench)

    @dramatiq.actor(queue_name=material.OUT)
    def received(_payload: dict[str, object]) -> None:
        raise AssertionError("nobody consumes the output")

    @dramatiq.actor(queue_name=material.IN)
    def hop(payload: dict[str, object]) -> None:
        received.send(payload)
        meter.tick()

    payload = material.payload()
    for _ in range(bench.filling):
        hop.send(payload)
    material.await_filling(bench)
    dramatiq.Worker(broker, worker_threads=threads, queues={material.IN}).start()
    while True:
        time.sleep(60)
