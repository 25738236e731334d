"""The broker port on RabbitMQ."""

import os
import socket
from collections.abc import Sequence
from threading import Event as Flag

from workers.runtime.broker import Stage, Subscription
from workers.runtime.rabbitmq import declaring
from workers.runtime.rabbitmq.consuming import Consumption
from workers.runtime.rabbitmq.link import Link
from workers.runtime.rabbitmq.patience import Patience
from workers.runtime.rabbitmq.publishing import RabbitPublisher
from workers.runtime.topology import Topology


class RabbitBroker:
    def __init__(self, url: str, *, patience: Patience | None = None) -> None:
        self._url = url
        self._patience = patience or Patience()
        self._publishers: list[RabbitPublisher] = []
        self._topology: Topology | None = None

    def declare(self, topology: Topology) -> None:
        """Raises LinkLost, or TopologyRefused when the broker has a queue of this name with other arguments."""
        self._topology = topology
        link = self._link("declare")
        declaring.declare(link, topology)
        link.close(self._patience.goodbye)

    def publisher(self) -> RabbitPublisher:
        publisher = RabbitPublisher(lambda: self._link("publish"), publish_seconds=self._patience.publish)
        self._publishers.append(publisher)
        return publisher

    def consume(self, subscriptions: Sequence[Subscription], stage: Stage, *, threads: int, stop: Flag) -> None:
        consumption = Consumption(
            self._link, subscriptions, stage, restore=self._restore, threads=threads, patience=self._patience
        )
        consumption.run(stop)

    def depth(self, queue: str) -> int:
        link = self._link("depth")
        answer = link.call(link.channel.queue_declare, queue, passive=True)
        link.close(self._patience.goodbye)
        return int(answer.message_count)

    def close(self) -> None:
        while self._publishers:
            self._publishers.pop().close()

    def _restore(self) -> None:
        """A broker that has lost its disk gets its queues again from whoever comes back to it first."""
        if self._topology:
            self.declare(self._topology)

    def _link(self, purpose: str) -> Link:
        name = f"trombone {purpose} {socket.gethostname()}:{os.getpid()}"
        return Link(self._url, name=name, heartbeat=self._patience.heartbeat, timeout=self._patience.answer)
