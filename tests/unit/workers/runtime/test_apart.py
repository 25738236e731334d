"""What came back too often is handled alone, and nobody can tell that it was somewhere else meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event as Flag

import pytest

from tests.journeys import StoppedClock
from workers.runtime.apart import SetApart
from workers.runtime.broker import Delivery, Outgoing
from workers.runtime.letters import trail_of
from workers.runtime.topology import EVENTS, REQUEUE, RETRY, UPSTREAM

ONE = Outgoing("x", "y", b"", "1", "", "", 0)


@dataclass
class Noting:
    """A stage that answers every delivery with one message, and remembers what it got."""

    max_batch: int = 1
    tripped: Flag = field(default_factory=Flag)
    got: list[Delivery] = field(default_factory=list)

    def run(self, deliveries: Sequence[Delivery]) -> Sequence[Sequence[Outgoing]]:
        self.got += deliveries
        return [[ONE] for _ in deliveries]

    def settled(self, deliveries: Sequence[Delivery]) -> None:
        """Nothing to tell."""


def delivery(returns: int, queue: str = "store", exchange: str = EVENTS, **headers: object) -> Delivery:
    count = {"x-delivery-count": returns} if returns else {}
    return Delivery(queue, exchange, "the.key", b"{}", "m", {**count, **headers}, redelivered=bool(returns))


def moved(sent: Outgoing, returns: int = 0) -> Delivery:
    """As the broker brings it from where it was sent to."""
    queue = sent.routing_key.partition(".")[2]
    headers = {**sent.headers, **({"x-delivery-count": returns} if returns else {})}
    return Delivery(queue, sent.exchange, sent.routing_key, sent.body, sent.message_id, headers, bool(returns))


def test_only_what_came_back_twice_is_set_apart():
    """The others pass, each with its own result."""
    inner = Noting(max_batch=9)
    batch = [delivery(0), delivery(2), delivery(1)]

    outputs = SetApart(inner, StoppedClock()).run(batch)

    assert inner.got == [batch[0], batch[2]]
    assert (outputs[0], outputs[2]) == ([ONE], [ONE])
    [apart] = outputs[1]
    assert (apart.exchange, apart.routing_key, apart.message_id) == (REQUEUE, "again.store.alone", "m")


@pytest.mark.parametrize("exchange", [EVENTS, RETRY, UPSTREAM])
@pytest.mark.parametrize("returns", [0, 1, 5])
def test_alone_it_is_what_it_was(exchange: str, returns: int):
    """Queue, exchange and key; its attempts and its error; and whether a stranger sent it. However often it returns."""
    headers = {"x-attempt": 3, "x-error-code": "gone", "x-first-exchange": exchange, "x-first-key": "the.key"}
    before = delivery(2, exchange=exchange, **headers)
    stage = SetApart(inner := Noting(), StoppedClock())
    [[apart]] = stage.run([before])

    assert stage.run([moved(apart, returns)]) == [[ONE]]

    [got] = inner.got
    assert (got.queue, got.exchange, got.routing_key, got.body) == ("store", exchange, "the.key", b"{}")
    assert trail_of(got, 0).is_upstream == (exchange == UPSTREAM)
    assert trail_of(got, 0).attempt == (0 if exchange == UPSTREAM else 3)
    assert got.headers["x-error-code"] == "gone"


def test_what_a_stranger_wrote_into_its_headers_is_not_believed():
    """The names of our own headers in a message from upstream are just its words."""
    stranger = {"x-apart-exchange": EVENTS, "x-apart-key": "forged", "x-first-exchange": EVENTS}
    stage = SetApart(inner := Noting(), StoppedClock())

    stage.run([delivery(0, exchange=UPSTREAM, **stranger)])
    [[apart]] = stage.run([delivery(2, exchange=UPSTREAM, **stranger)])
    stage.run([moved(apart)])

    assert [(one.exchange, one.routing_key) for one in inner.got] == [(UPSTREAM, "the.key")] * 2
    assert apart.headers["x-first-exchange"] == UPSTREAM


@pytest.mark.parametrize("count", ["many", None, -1])
def test_a_count_that_is_none_is_none(count: object):
    """A stranger may have written it."""
    assert SetApart(Noting(), StoppedClock()).run([delivery(0, **{"x-delivery-count": count})]) == [[ONE]]


def test_it_trips_with_the_stage_inside():
    """Whoever runs the worker looks there."""
    inner = Noting()
    assert SetApart(inner, StoppedClock()).tripped is inner.tripped
