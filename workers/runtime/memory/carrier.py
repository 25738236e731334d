"""
What kombu's memory transport carries, and what it leaves to us.

It routes and queues. It drops silently what it cannot route, keeps no time-to-live and forgets what is not acked, so
these are done here: alternate exchanges, unroutable messages, delays.
"""

from threading import Event as Flag
from threading import Lock
from typing import Any

import structlog
from kombu.connection import Connection
from kombu.transport import memory, virtual

from workers.runtime.broker import PublishFailed
from workers.runtime.memory.parcel import Parcel
from workers.runtime.memory.timers import Timers
from workers.runtime.topology import Queue, Topology

log = structlog.get_logger()

EXPIRED = "expired"
DELIVERY_LIMIT = "delivery_limit"


class Carrier:
    def __init__(self) -> None:
        self._connection = _connect()
        self._channel: Any = self._connection.channel()
        self._lock = Lock()
        self._queues: dict[str, Queue] = {}
        self._alternates: dict[str, str] = {}
        self._listeners: set[Flag] = set()
        self._timers: Timers[Queue] = Timers(self._let_go)

    def declare(self, topology: Topology) -> None:
        with self._lock:
            for exchange in topology.exchanges:
                self._channel.exchange_declare(exchange.name, exchange.type, durable=True)
                if exchange.alternate:
                    self._alternates[exchange.name] = exchange.alternate
            for queue in topology.queues:
                self._channel.queue_declare(queue.name)
                self._queues[queue.name] = queue
                for binding in queue.bindings:
                    self._channel.queue_bind(queue.name, binding.exchange, binding.routing_key)

    def publish(self, parcel: Parcel) -> None:
        """Raises PublishFailed when no queue wants it."""
        queues = self._route(parcel.exchange, parcel.routing_key)
        if not queues:
            raise PublishFailed(f"unroutable: {parcel.exchange} {parcel.routing_key}")
        for queue in queues:
            self._put(queue, parcel)

    def take(self, queue: str) -> Parcel | None:
        message = self._channel.basic_get(queue, no_ack=True)
        return message.body if message else None

    def put_back(self, queue: str, parcel: Parcel) -> None:
        self._put(queue, parcel)

    def bury(self, queue: str, parcel: Parcel) -> None:
        self.publish(parcel.died(self._queues[queue], DELIVERY_LIMIT))

    def delivery_limit(self, queue: str) -> int | None:
        return self._queues[queue].delivery_limit

    def depth(self, queue: str) -> int:
        return int(self._channel.queue_declare(queue, passive=True).message_count)

    def listen(self) -> Flag:
        """A flag that is set whenever a message arrives in any queue."""
        flag = Flag()
        self._listeners.add(flag)
        return flag

    def unlisten(self, flag: Flag) -> None:
        self._listeners.discard(flag)

    def close(self) -> None:
        self._timers.close()
        self._connection.release()

    def _route(self, exchange: str, routing_key: str) -> set[str]:
        if not exchange:
            return {routing_key} & self._queues.keys()
        if exchange not in self._channel.get_exchanges():
            return set()
        kind = self._channel.typeof(exchange)
        queues: set[str] = kind.lookup(self._channel.get_table(exchange), exchange, routing_key, None)
        alternate = self._alternates.get(exchange)
        return queues or (self._route(alternate, routing_key) if alternate else set())

    def _put(self, name: str, parcel: Parcel) -> None:
        queue = self._queues[name]
        with self._lock:
            # Through the nameless exchange into this one queue: put back later, it must not reach its neighbors again.
            self._channel.basic_publish(self._channel.prepare_message(parcel), exchange="", routing_key=name)
        if queue.ttl_seconds is not None:
            self._timers.start(queue.ttl_seconds, queue)
        for listener in list(self._listeners):
            listener.set()

    def _let_go(self, queue: Queue) -> None:
        """The oldest message of a delay queue is due: all wait equally long there."""
        parcel = self.take(queue.name)
        if parcel is None:
            return
        try:
            self.publish(parcel.died(queue, EXPIRED))
        except PublishFailed:
            log.exception("delay.unroutable", queue=queue.name)
            self._put(queue.name, parcel)


def _connect() -> Any:
    """Bodies stay what they are: here, parcels."""
    return Connection(  # type: ignore[no-untyped-call] # kombu is typed in part
        transport=_private_transport(), transport_options={"body_encoding": None}
    )


def _private_transport() -> Any:
    """Kombu keeps the memory transport's queues in class attributes: two brokers in one process would share them."""
    channel = type("Channel", (memory.Channel,), {"queues": {}, "events": {}})
    state: Any = virtual.BrokerState()  # type: ignore[no-untyped-call] # as above
    return type("Transport", (memory.Transport,), {"Channel": channel, "global_state": state})
