"""The consume loop against a real RabbitMQ: what is delivered, acked, requeued and handed back."""

import threading

import pika
import pytest
from structlog.testing import capture_logs

from tests.integration.rabbitmq_kit import (
    LIMIT,
    WORK,
    FunctionStage,
    consuming,
    declared,
    drained,
    drained_ids,
    hop,
    ids,
    outgoing,
    pika_channel,
    publish,
)
from tests.polling import eventually
from workers.runtime.broker import Delivery, Outgoing

pytestmark = pytest.mark.services


def test_an_input_is_acked_when_its_output_is_confirmed(vhost_url):
    """A hop moves every message once, in properties whole, and leaves nothing in the input queue."""
    broker = declared(vhost_url)
    publish(broker, *(outgoing(one) for one in ids(50)))
    stage = FunctionStage(hop)
    with consuming(broker, stage):
        eventually(lambda: len(stage.done) == 50, within=10)
    out = drained(vhost_url, "out")
    assert sorted(properties.message_id for properties, _ in out) == sorted(ids(50))
    properties, body = out[0]
    assert body == b"{}"
    assert (properties.delivery_mode, properties.content_type) == (2, "application/cloudevents+json")
    assert (properties.type, properties.correlation_id, properties.app_id) == ("test", "journey", "trombone")
    assert properties.timestamp == 1_700_000_000
    assert broker.depth("in") == 0


def test_an_input_without_outputs_is_acked_at_once(vhost_url):
    """Nothing to say is an answer."""
    broker = declared(vhost_url)
    publish(broker, *(outgoing(one) for one in ids(10)))
    stage = FunctionStage(lambda _: [])
    with consuming(broker, stage):
        eventually(lambda: len(stage.done) == 10, within=10)
    assert broker.depth("in") == 0
    assert broker.depth("out") == 0


def test_a_delivery_says_where_it_came_from(vhost_url):
    """Queue, exchange, key, headers and body arrive as they were published."""
    broker = declared(vhost_url)
    publish(broker, outgoing("one", "in.x.y", body=b"\xff\x00", headers={"x-attempt": 3, "x-error": "gone"}))
    stage = FunctionStage(lambda _: [])
    with consuming(broker, stage):
        eventually(lambda: stage.done, within=10)
    expected = Delivery("in", WORK, "in.x.y", b"\xff\x00", "one", {"x-attempt": 3, "x-error": "gone"}, False)
    assert stage.begun == [expected]


def test_deliveries_that_are_there_together_are_one_batch(vhost_url):
    """A stage that wants batches gets them, never larger than it asked for."""
    broker = declared(vhost_url)
    publish(broker, *(outgoing(one) for one in ids(40)))
    stage = FunctionStage(hop, max_batch=10)
    with consuming(broker, stage, prefetch=40, threads=1):
        eventually(lambda: len(stage.done) == 40, within=10)
    assert max(stage.batches) == 10
    assert sum(stage.batches) == 40


def test_no_more_than_the_prefetch_is_in_hand(vhost_url):
    """The queue keeps what exceeds the prefetch for other workers."""
    broker = declared(vhost_url)
    publish(broker, *(outgoing(one) for one in ids(10)))
    gate = threading.Event()
    stage = FunctionStage(lambda _: gate.wait(20) and [])
    with consuming(broker, stage, prefetch=3, threads=10):
        eventually(lambda: len(stage.begun) == 3, within=10)
        assert broker.depth("in") == 7
        assert len(stage.begun) == 3
        gate.set()
        eventually(lambda: len(stage.done) == 10, within=10)


def test_a_stage_that_raises_gets_the_delivery_again_until_the_limit(vhost_url):
    """The broker's delivery limit ends a crash loop in the dead letters, with the message whole."""
    broker = declared(vhost_url)
    publish(broker, outgoing("bad"), outgoing("good"))

    def crash_on_bad(delivery: Delivery) -> list[Outgoing]:
        if delivery.message_id == "bad":
            raise RuntimeError("boom")
        return hop(delivery)

    stage = FunctionStage(crash_on_bad)
    with capture_logs() as logs, consuming(broker, stage):
        eventually(lambda: broker.depth("in.dead") == 1, within=10)
        eventually(lambda: len(stage.done) == 1, within=10)
    assert [one.message_id for one in stage.begun].count("bad") == 1 + LIMIT
    [(properties, _)] = drained(vhost_url, "in.dead")
    assert properties.message_id == "bad"
    assert properties.headers["x-death"][0]["reason"] == "delivery_limit"
    assert drained_ids(vhost_url, "out") == ["good"]
    assert "stage.crashed" in {entry["event"] for entry in logs}


def test_a_handler_busier_than_two_heartbeats_keeps_the_connection(vhost_url):
    """Handlers run beside the connection, so the work is done once."""
    broker = declared(vhost_url, heartbeat=1)
    publish(broker, outgoing("slow"))
    never = threading.Event()
    stage = FunctionStage(lambda delivery: [] if never.wait(3.5) else hop(delivery))
    with capture_logs() as logs, consuming(broker, stage):
        eventually(lambda: stage.done, within=10)
    assert [one.redelivered for one in stage.begun] == [False]
    assert "connection.lost" not in {entry["event"] for entry in logs}
    assert drained_ids(vhost_url, "out") == ["slow"]


@pytest.mark.parametrize(
    ("exchange", "key"),
    [(WORK, "nobody.wants.this"), ("no.such.exchange", "out"), (WORK, "out." + "x" * 300)],
    ids=["unroutable", "missing-exchange", "key-too-long"],
)
def test_an_output_that_cannot_arrive_does_not_lose_its_input(vhost_url, exchange, key):
    """The input becomes a dead letter, visibly, and its neighbors in the same loop pass."""
    broker = declared(vhost_url)
    publish(broker, outgoing("bad"), *(outgoing(one) for one in ids(10)))
    stage = FunctionStage(lambda one: [outgoing("lost", key, exchange)] if one.message_id == "bad" else hop(one))
    with capture_logs() as logs, consuming(broker, stage):
        eventually(lambda: len(stage.done) == 10, within=10)
        eventually(lambda: broker.depth("in.dead") == 1, within=10)
    assert set(drained_ids(vhost_url, "out")) == set(ids(10))
    assert drained_ids(vhost_url, "in.dead") == ["bad"]
    assert "output.failed" in {entry["event"] for entry in logs}


def test_a_full_queue_downstream_holds_the_stage_back_and_loses_nothing(vhost_url, rabbitmq_api):
    """Refused outputs are tried again; their inputs wait unacked, and none becomes a dead letter."""
    vhost = vhost_url.rsplit("/", 1)[1]
    broker = declared(vhost_url)
    rabbitmq_api.call(
        "PUT", f"/policies/{vhost}/full", {"pattern": "^out$", "definition": {"max-length": 2}, "apply-to": "queues"}
    )
    publish(broker, *(outgoing(one) for one in ids(12)))
    stage = FunctionStage(hop)
    seen: set[str] = set()
    with capture_logs() as logs, consuming(broker, stage, prefetch=4):
        eventually(lambda: "output.refused" in {entry["event"] for entry in logs}, within=10)
        eventually(lambda: seen.update(drained_ids(vhost_url, "out")) or len(seen) == 12, within=20, every=0.1)
        eventually(lambda: len(stage.done) == 12, within=10)
    assert seen == set(ids(12))
    assert broker.depth("in.dead") == 0


def test_a_queue_deleted_under_its_consumer_is_noticed_and_consumed_again(vhost_url):
    """The loop says so in the log, makes the queue anew as it was declared, and consumes from it."""
    broker = declared(vhost_url)
    stage = FunctionStage(lambda _: [])
    with capture_logs() as logs, consuming(broker, stage):
        publish(broker, outgoing("before"))
        eventually(lambda: len(stage.done) == 1, within=10)
        with pika_channel(vhost_url) as channel:
            channel.queue_delete("in")
        eventually(lambda: any(entry["event"] == "topology.restored" for entry in logs), within=10)
        publish(broker, outgoing("after"))
        eventually(lambda: len(stage.done) == 2, within=10)


def test_a_stop_finishes_what_runs_and_hands_back_the_rest(vhost_url):
    """Nothing new begins after a stop; what no thread had begun is in the queue again when `consume` returns."""
    broker = declared(vhost_url)
    publish(broker, *(outgoing(one) for one in ids(10)))
    gate = threading.Event()
    stage = FunctionStage(lambda delivery: hop(delivery) if gate.wait(20) else [])
    with consuming(broker, stage, prefetch=6, threads=1) as running:
        eventually(lambda: stage.begun, within=10)
        threading.Timer(0.5, gate.set).start()
        running.stop()
    assert len(stage.begun) == 1
    assert drained_ids(vhost_url, "out") == ["m0"]
    assert sorted(drained_ids(vhost_url, "in")) == sorted(ids(10)[1:])


def test_a_stop_does_not_wait_for_ever_for_a_handler(vhost_url):
    """A handler that does not end is left behind, and its message is in the queue again."""
    broker = declared(vhost_url, finish=0.5)
    publish(broker, outgoing("stuck"))
    never = threading.Event()
    stage = FunctionStage(lambda _: never.wait(60) and [])
    with consuming(broker, stage) as running:
        eventually(lambda: stage.begun, within=10)
        assert running.stop() < 5
    eventually(lambda: broker.depth("in") == 1, within=5)
    never.set()


@pytest.mark.parametrize(
    "properties",
    [
        pika.BasicProperties(message_id=b"\xff\xfe"),
        pika.BasicProperties(content_encoding="utf-16"),
        pika.BasicProperties(headers={b"\xff": "x"}),
    ],
    ids=["id-is-not-utf-8", "misleading-encoding", "header-name-is-not-utf-8"],
)
def test_properties_that_no_client_can_read_cost_one_message_nothing(vhost_url, properties):
    """A stranger's properties neither kill the connection nor change the body."""
    broker = declared(vhost_url)
    with pika_channel(vhost_url) as channel:
        channel.basic_publish(WORK, "in", b"\xfe{}", properties)
        channel.basic_publish(WORK, "in", b"", pika.BasicProperties(message_id="innocent"))
    stage = FunctionStage(lambda _: [])
    with capture_logs() as logs, consuming(broker, stage):
        eventually(lambda: len(stage.done) == 2, within=10)
    assert "connection.lost" not in {entry["event"] for entry in logs}
    assert [(one.body, one.redelivered) for one in stage.begun] == [(b"\xfe{}", False), (b"", False)]


def test_a_routing_key_that_is_no_text_costs_nothing(vhost_url):
    """The key arrives with a replacement character, and the connection lives."""
    broker = declared(vhost_url)
    with pika_channel(vhost_url) as channel:
        channel.basic_publish(WORK, b"in.\xff", b"{}")
    stage = FunctionStage(lambda _: [])
    with capture_logs() as logs, consuming(broker, stage):
        eventually(lambda: stage.done, within=10)
    assert "connection.lost" not in {entry["event"] for entry in logs}
    assert stage.begun[0].routing_key == "in.\N{REPLACEMENT CHARACTER}"


def test_a_large_body_travels_whole(vhost_url):
    """More than a frame (128 KiB) and more than one read."""
    broker = declared(vhost_url)
    body = bytes(range(256)) * 2000
    publish(broker, outgoing("large", body=body))
    stage = FunctionStage(lambda one: [outgoing("large", "out", body=one.body)])
    with consuming(broker, stage):
        eventually(lambda: stage.done, within=10)
    assert [taken for _, taken in drained(vhost_url, "out")] == [body]
