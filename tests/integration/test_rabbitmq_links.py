"""The consume loop on links that die, are silent or are slow."""

import threading
import time

import pytest
from structlog.testing import capture_logs

from tests.integration.rabbitmq_kit import (
    FunctionStage,
    TwoWayBroker,
    consuming,
    declared,
    drained_ids,
    hop,
    ids,
    outgoing,
    publish,
)
from tests.polling import eventually
from tests.tcp_proxy import TcpProxy
from workers.runtime.rabbitmq import Patience, RabbitBroker

pytestmark = pytest.mark.services


@pytest.fixture
def link(vhost_url):
    with TcpProxy(vhost_url) as proxy:
        yield proxy


def lost(logs, purpose):
    return [entry for entry in logs if entry["event"] == "connection.lost" and entry["purpose"] == purpose]


def test_a_silent_link_is_noticed_within_two_and_a_half_heartbeats(vhost_url, link):
    """Heartbeats are on: kombu's own default never notices."""
    declared(vhost_url)
    broker = RabbitBroker(link.url, patience=Patience(heartbeat=2, answer=1))
    stage = FunctionStage(lambda _: [])
    with capture_logs() as logs, consuming(broker, stage):
        publish(RabbitBroker(vhost_url), outgoing("first"))
        eventually(lambda: stage.done, within=10)
        link.black_hole()
        silent_since = time.monotonic()
        eventually(lambda: lost(logs, "consume"), within=10)
        # The last sign of life may be a moment older than the silence, never younger.
        assert time.monotonic() - silent_since < 2.5 * 2
        link.heal()
        publish(RabbitBroker(vhost_url), outgoing("second"))
        eventually(lambda: len(stage.done) == 2, within=20)


def test_a_stop_on_a_silent_link_takes_less_than_15_seconds(vhost_url, link):
    """With the default patience, work in hand, and nobody at the other end to say goodbye to."""
    publish(declared(vhost_url), *(outgoing(one) for one in ids(5)))
    gate = threading.Event()
    stage = FunctionStage(lambda delivery: hop(delivery) if gate.wait(20) else [])
    with consuming(RabbitBroker(link.url), stage) as running:
        eventually(lambda: len(stage.begun) == 2, within=10)
        link.black_hole()
        gate.set()
        assert running.stop(within=15) < 15
    link.heal()
    assert {one.message_id for one in stage.begun} <= set(ids(5))


def test_a_stop_while_the_broker_is_away_returns_at_once(link):
    """Reconnecting is no reason to stay."""
    link.reset()
    with consuming(RabbitBroker(link.url), FunctionStage(lambda _: [])) as running:
        assert running.stop() < 5


def test_what_has_nothing_to_publish_does_not_wait_for_a_publishing_connection(vhost_url, link):
    """Each try to open one takes seconds on a silent link, and acks would wait for it."""
    publish(declared(vhost_url), *(outgoing(one) for one in ids(20)))
    link.black_hole()
    broker = TwoWayBroker(vhost_url, link.url)
    stage = FunctionStage(lambda _: [])
    with capture_logs() as logs, consuming(broker, stage, prefetch=2):
        eventually(lambda: len(stage.done) == 20, within=10)
    assert lost(logs, "publish") == []


def test_a_lost_publishing_connection_loses_no_output_and_disturbs_no_input(vhost_url, link):
    """Unconfirmed outputs go out again with the same ids; every input is delivered once."""
    broker = TwoWayBroker(vhost_url, link.url)
    publish(declared(vhost_url), *(outgoing(one) for one in ids(300)))
    cuts = iter(range(3))

    def hop_and_cut(delivery):
        if delivery.message_id in ("m50", "m100", "m150") and next(cuts, None) is not None:
            link.reset_once()
        return hop(delivery)

    stage = FunctionStage(hop_and_cut)
    with capture_logs() as logs, consuming(broker, stage, prefetch=32):
        eventually(lambda: len(stage.done) == 300, within=30)
    assert lost(logs, "publish")
    assert not lost(logs, "consume")
    assert [one.message_id for one in stage.begun if one.redelivered] == []
    assert set(drained_ids(vhost_url, "out")) == set(ids(300))


def test_a_silent_publishing_link_does_not_stop_the_consuming_one(vhost_url, link):
    """Inputs without outputs go on being acked, and the outputs arrive when the link is replaced."""
    broker = TwoWayBroker(vhost_url, link.url, Patience(heartbeat=1, answer=1, confirm=2))
    inner = declared(vhost_url)
    stage = FunctionStage(lambda one: hop(one) if one.message_id.startswith("out") else [])
    with capture_logs() as logs, consuming(broker, stage):
        publish(inner, outgoing("first"))
        eventually(lambda: len(stage.done) == 1, within=10)
        link.black_hole()
        publish(inner, outgoing("out1"), *(outgoing(one) for one in ids(20)))
        eventually(lambda: len(stage.done) == 21, within=10)
        eventually(lambda: lost(logs, "publish"), within=10)
        link.heal()
        eventually(lambda: len(stage.done) == 22, within=15)
    assert not lost(logs, "consume")
    assert set(drained_ids(vhost_url, "out")) == {"out1"}


def test_a_result_of_a_lost_connection_is_never_acked_on_the_next_one(vhost_url, link):
    """Delivery tags begin at 1 on each channel: an old one would ack somebody else's message."""
    publish(declared(vhost_url), outgoing("old"))
    first, gate = threading.Event(), threading.Event()

    def wait_the_first_time(delivery):
        if not first.is_set():
            first.set()
            gate.wait(20)
        return hop(delivery)

    stage = FunctionStage(wait_the_first_time)
    with capture_logs() as logs, consuming(RabbitBroker(link.url), stage):
        assert first.wait(10)
        link.reset_once()
        eventually(lambda: len(stage.done) == 1, within=15)
        gate.set()
        publish(RabbitBroker(vhost_url), outgoing("new"))
        eventually(lambda: len(stage.done) == 2, within=15)
    assert [one.message_id for one in stage.done] == ["old", "new"]
    assert [one.redelivered for one in stage.begun if one.message_id == "old"] == [False, True]
    assert len(lost(logs, "consume")) == 1
    assert RabbitBroker(vhost_url).depth("in") == 0


def test_a_slow_link_carries_everything(vhost_url, link):
    """A fifth of a second each way is slow, not dead."""
    link.delay(0.2)
    publish(declared(vhost_url), *(outgoing(one) for one in ids(50)))
    stage = FunctionStage(hop)
    with capture_logs() as logs, consuming(RabbitBroker(link.url), stage, prefetch=32):
        eventually(lambda: len(stage.done) == 50, within=30)
    assert not lost(logs, "consume")
    assert not lost(logs, "publish")
    assert sorted(drained_ids(vhost_url, "out")) == sorted(ids(50))
