"""An operator's view of dead letters: nothing is lost by looking, and a replay is exact."""

import time

import pika
import pytest

from tests.integration.rabbitmq_kit import (
    DEAD,
    TOPOLOGY,
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
from workers.runtime.dead_letters import DeadLetters
from workers.runtime.metrics import QueueState
from workers.runtime.operating import OperatorFailed, queue_states
from workers.runtime.topology_check import Problem, missing_on_broker

pytestmark = pytest.mark.services

HEADERS = {"x-reason": "not_json", "x-error": "line 1", "x-worker": "validator", "x-attempt": 4, "x-first-seen": 1}


@pytest.fixture
def broker(vhost_url):
    """Five messages of `in` died."""
    broker = declared(vhost_url)
    publish(broker, *(outgoing(one, "in", DEAD, body=one.encode(), headers=HEADERS) for one in ids(5)))
    return broker


@pytest.fixture
def letters(broker, vhost_url):
    with DeadLetters(vhost_url) as letters:
        yield letters


def test_looking_changes_nothing(letters, broker):
    """List and show again and again: order, bodies and headers stay."""
    for _ in range(25):
        assert [letter.message_id for letter in letters.list("in")] == ids(5)
    letter = letters.show("in", "m3")
    assert letter.body == b"m3"
    assert {name: letter.headers[name] for name in HEADERS} == HEADERS
    assert (letter.queue, letter.type, letter.correlation_id, letter.reason) == ("in", "test", "journey", "not_json")
    assert letters.show("in", "unknown") is None
    assert [letter.message_id for letter in letters.list("in", limit=2)] == ids(2)
    assert letters.depths(["in"]) == {"in": 5}


def test_a_replay_sends_each_letter_once_to_the_queue_it_died_in(letters, broker, vhost_url):
    """Count in = count out; our headers stay, and the attempts begin anew."""
    assert letters.replay("in") == 5
    replayed = drained(vhost_url, "in")
    assert [(properties.message_id, body) for properties, body in replayed] == [(one, one.encode()) for one in ids(5)]
    kept = {name: HEADERS[name] for name in ("x-reason", "x-error", "x-worker")}
    kept |= {"x-attempts-before": 4, "x-first-seen-before": 1}
    assert [properties.headers | {"x-delivery-count": 0} for properties, _ in replayed] == [
        kept | {"x-delivery-count": 0}
    ] * 5
    assert {properties.delivery_mode for properties, _ in replayed} == {2}
    assert broker.depth("in.dead") == 0
    assert broker.depth("out") == 0


def test_a_replay_of_some_leaves_the_others(letters, broker, vhost_url):
    """By message id."""
    assert letters.replay("in", lambda letter: letter.message_id in {"m1", "m3", "unknown"}) == 2
    assert drained_ids(vhost_url, "in") == ["m1", "m3"]
    assert drained_ids(vhost_url, "in.dead") == ["m0", "m2", "m4"]


def test_what_dies_again_is_not_replayed_twice_in_one_call(letters, broker, vhost_url):
    """A worker that still cannot read them sends all five back, while the replay is under way."""
    stage = FunctionStage(lambda one: [outgoing(one.message_id, "in", DEAD)])
    with consuming(broker, stage):
        assert letters.replay("in") == 5
        eventually(lambda: broker.depth("in.dead") == 5, within=10)
    assert len(stage.begun) == 5


def test_what_the_broker_dead_lettered_can_be_replayed_too(vhost_url):
    """After the bug is gone, the message that crashed its worker passes."""
    broker = declared(vhost_url)
    publish(broker, outgoing("crash"))
    with consuming(broker, FunctionStage(lambda _: 1 / 0)):
        eventually(lambda: broker.depth("in.dead") == 1, within=10)
    with DeadLetters(vhost_url) as letters:
        assert [letter.reason for letter in letters.list("in")] == ["delivery_limit"]
        assert letters.replay("in") == 1
    stage = FunctionStage(hop)
    with consuming(broker, stage):
        eventually(lambda: len(stage.done) == 1, within=10)
    assert drained_ids(vhost_url, "out") == ["crash"]


def test_a_replay_goes_nowhere_else_though_the_letter_says_so(letters, broker, vhost_url):
    """RabbitMQ copies a message to every queue in its `CC` header, and strangers can set that."""
    with pika_channel(vhost_url) as channel:
        _, properties, body = channel.basic_get("in.dead", auto_ack=True)
        properties.headers = {"CC": ["in.dead", "out"]}
        channel.basic_publish(DEAD, "in", body, properties)
    drained(vhost_url, "out")
    letters.replay("in")
    assert broker.depth("out") == 0


def test_a_letter_whose_queue_is_gone_stays(letters, broker, vhost_url):
    """Nothing is removed before it was confirmed elsewhere."""
    with pika_channel(vhost_url) as channel:
        channel.queue_delete("in")
    with pytest.raises(OperatorFailed, match="does not exist"):
        letters.replay("in")
    assert drained_ids(vhost_url, "in.dead") == ids(5)


def test_a_replay_keeps_what_it_must_not_obey(letters, vhost_url):
    """Every header of the first life is there after a second replay too, under a name without an effect."""
    before = {"x-attempt": 4, "x-first-seen": 1, "CC": ["elsewhere"], "x-stranger": "kept"}
    letters.purge("in")
    with pika_channel(vhost_url) as channel:
        properties, body = pika.BasicProperties(message_id="m", headers=before), b"{}"
        for _ in range(2):
            channel.basic_publish(DEAD, "in", body, properties)
            assert letters.replay("in") == 1
            _, properties, body = channel.basic_get("in", auto_ack=True)
    found = properties.headers
    assert (found["x-attempts-before"], found["x-first-seen-before"], found["x-cc"]) == (4, 1, ["elsewhere"])
    assert found["x-stranger"] == "kept"
    assert not {"x-attempt", "x-first-seen", "CC"} & found.keys()


def test_a_replay_is_no_faster_than_it_was_told(letters, broker):
    """Three at a hundred a second leave room for two pauses."""
    began = time.monotonic()
    assert letters.replay("in", lambda letter: letter.message_id in {"m0", "m1", "m2"}, per_second=100) == 3
    assert time.monotonic() - began >= 0.02
    assert broker.depth("in.dead") == 2


def test_the_queues_are_counted_for_the_metrics(broker, vhost_url):
    """Waiting, consumers, dead letters; and a broker that is away is told as such."""
    publish(broker, outgoing("waits"))
    assert queue_states(vhost_url, ["in"]) == {"in": QueueState(messages=1, consumers=0, dead_letters=5)}
    with pytest.raises(OperatorFailed):
        queue_states("amqp://127.0.0.1:1/", ["in"])


def test_a_purge_tells_how_many(letters, broker):
    """One by its name, then the other four, then none."""
    assert letters.purge("in", lambda letter: letter.message_id == "m2") == 1
    assert [letters.purge("in"), letters.purge("in")] == [4, 0]


def test_a_queue_that_does_not_exist_is_told_plainly(letters):
    """And the next question is answered."""
    with pytest.raises(OperatorFailed, match="NOT_FOUND"):
        letters.list("nothing")
    assert letters.depths(["in"]) == {"in": 5}


def test_the_check_finds_what_is_missing_and_what_nobody_consumes(broker, vhost_url):
    """A work queue without a consumer, a queue and an exchange that are gone; then nothing."""
    publish(broker, outgoing("waits"))
    assert missing_on_broker(vhost_url, TOPOLOGY) == [Problem("queue_unconsumed", "in", waiting=1)]
    with consuming(broker, FunctionStage(hop)):
        eventually(lambda: missing_on_broker(vhost_url, TOPOLOGY) == [], within=10)
        with pika_channel(vhost_url) as channel:
            channel.queue_delete("out")
            channel.exchange_delete(DEAD)
        problems = missing_on_broker(vhost_url, TOPOLOGY)
    assert problems == [Problem("exchange_missing", DEAD), Problem("queue_missing", "out")]
