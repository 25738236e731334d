"""No framework at all: pika's own event loop passes the bytes on, unread. What a pipelined hop costs at least."""

from functools import partial

import pika
from pika.channel import Channel
from pika.frame import Method

from tests.benchmarks.hops import material
from tests.benchmarks.hops.meter import Bench, Meter
from workers.runtime.operating import parameters


class Loop:
    """Publishing in the order of arrival makes the n-th confirm that of the n-th delivery."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._meter = Meter(bench)
        self._acked = 0
        self._properties = pika.BasicProperties(delivery_mode=2, content_type="application/json")

    def run(self) -> None:
        pika.SelectConnection(parameters(self._bench.url), on_open_callback=self._opened).ioloop.start()

    def _opened(self, connection: pika.SelectConnection) -> None:
        connection.channel(
            on_open_callback=lambda source: connection.channel(on_open_callback=partial(self._begin, source))
        )

    def _begin(self, source: Channel, target: Channel) -> None:
        def confirmed(frame: Method) -> None:
            tag, multiple = frame.method.delivery_tag, frame.method.multiple
            source.basic_ack(tag, multiple)
            done = tag - self._acked if multiple else 1
            self._acked += done
            self._meter.tick(done)

        def delivered(_channel: Channel, _method: object, _properties: object, body: bytes) -> None:
            target.basic_publish("", material.OUT, body, self._properties)

        target.confirm_delivery(confirmed, callback=lambda _: None)
        source.basic_qos(
            prefetch_count=self._bench.prefetch, callback=lambda _: source.basic_consume(material.IN, delivered)
        )


def run(bench: Bench) -> None:
    material.declare(bench)
    material.fill(bench)
    Loop(bench).run()
