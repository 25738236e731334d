"""
The broker port inside one process.

Not durable and not shared: what is in flight ends with the process, and no other process sees it. What was received
stands in `intake` and is published again at the next start. All else that the port promises is kept.
"""

from collections.abc import Sequence
from threading import Event as Flag

from workers.runtime.broker import Outgoing, Publisher, Stage, Subscription
from workers.runtime.memory.carrier import Carrier
from workers.runtime.memory.consuming import Consumption
from workers.runtime.memory.parcel import parcel_of
from workers.runtime.topology import Topology


class MemoryPublisher:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def publish(self, *messages: Outgoing) -> None:
        for message in messages:
            self._carrier.publish(parcel_of(message))

    def close(self) -> None:
        """Nothing of its own to close."""


class MemoryBroker:
    """Two of them in one process know nothing of each other."""

    def __init__(self) -> None:
        self._carrier = Carrier()

    def declare(self, topology: Topology) -> None:
        self._carrier.declare(topology)

    def publisher(self) -> Publisher:
        return MemoryPublisher(self._carrier)

    def consume(self, subscriptions: Sequence[Subscription], stage: Stage, *, threads: int, stop: Flag) -> None:
        Consumption(self._carrier, subscriptions, stage, threads=threads, stop=stop).run()

    def depth(self, queue: str) -> int:
        return self._carrier.depth(queue)

    def close(self) -> None:
        self._carrier.close()
