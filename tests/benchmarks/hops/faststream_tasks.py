"""FastStream on aio-pika; it confirms what it publishes and acks after that."""

import asyncio
from typing import Any

from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue

from tests.benchmarks.hops import material
from tests.benchmarks.hops.meter import Bench, Meter


def run(bench: Bench) -> None:
    material.declare(bench)
    material.fill(bench)
    asyncio.run(serve(bench))


async def serve(bench: Bench) -> None:
    broker = RabbitBroker(bench.url, default_channel=Channel(prefetch_count=bench.prefetch), logger=None)
    incoming, outgoing = (
        RabbitQueue(name, queue_type=QueueType.QUORUM, durable=True) for name in (material.IN, material.OUT)
    )
    meter = Meter(bench)

    @broker.subscriber(incoming, ack_policy=AckPolicy.NACK_ON_ERROR)
    @broker.publisher(outgoing, persist=True)
    async def hop(payload: dict[str, Any]) -> dict[str, Any]:
        meter.tick()
        return payload

    await broker.start()
    await asyncio.Event().wait()
