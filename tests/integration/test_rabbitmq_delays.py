"""The delay ladder, and the end of messages that kill their worker."""

import subprocess
import sys
import time

import pytest

from tests.integration.rabbitmq_kit import (
    LIMIT,
    TOPOLOGY,
    FunctionStage,
    consuming,
    declared,
    drained,
    drained_ids,
    hop,
    ids,
    outgoing,
    publish,
)
from tests.polling import eventually
from workers.runtime.topology import (
    REQUEUE,
    RETRY,
    Binding,
    Exchange,
    Queue,
    Topology,
    retry_key,
    retry_queue,
    tier,
)

pytestmark = pytest.mark.services

TIERS = (1, 2)
LADDER = Topology(
    exchanges=[*TOPOLOGY.exchanges, Exchange(RETRY), Exchange(REQUEUE)],
    queues=[
        *TOPOLOGY.queues,
        *(
            Queue(retry_queue(seconds), [Binding(RETRY, f"{tier(seconds)}.#")], REQUEUE, ttl_seconds=seconds)
            for seconds in TIERS
        ),
        Queue("thumbnail.light", [Binding(REQUEUE, "*.thumbnail.light")]),
        Queue("thumbnail.heavy", [Binding(REQUEUE, "*.thumbnail.heavy")]),
    ],
)


def test_a_delayed_message_comes_back_not_early_and_to_its_own_queue_only(vhost_url):
    """The short delay is not held up by the long one before it."""
    broker = declared(vhost_url, LADDER)
    started = time.monotonic()
    publish(
        broker,
        outgoing("slow", retry_key(2, "thumbnail.heavy"), RETRY, headers={"x-attempt": 2}),
        outgoing("fast", retry_key(1, "thumbnail.light"), RETRY, headers={"x-attempt": 1}),
    )
    arrived = {}

    def look():
        for queue in ("thumbnail.light", "thumbnail.heavy"):
            for properties, _ in drained(vhost_url, queue):
                arrived[properties.message_id] = (queue, properties.headers["x-attempt"], time.monotonic() - started)
        return len(arrived) == 2

    eventually(look, within=10)
    assert arrived["fast"][:2] == ("thumbnail.light", 1)
    assert arrived["slow"][:2] == ("thumbnail.heavy", 2)
    assert 1.0 <= arrived["fast"][2] < 2.0
    assert 2.0 <= arrived["slow"][2] < 4.0
    assert [broker.depth(queue) for queue in ("in", "retry.1s", "retry.2s")] == [0, 0, 0]


KILLED_BY_POISON = """
import os, sys, threading
from tests.integration.rabbitmq_kit import FunctionStage, hop
from workers.runtime.broker import Subscription
from workers.runtime.rabbitmq import RabbitBroker

def run(delivery):
    if delivery.message_id == "poison":
        os._exit(9)
    return hop(delivery)

RabbitBroker(sys.argv[1]).consume([Subscription("in", 1)], FunctionStage(run), threads=1, stop=threading.Event())
"""


def test_a_message_that_kills_its_worker_becomes_a_dead_letter_and_takes_no_innocent_along(vhost_url):
    """With prefetch 1, as for every worker that its input can kill."""
    broker = declared(vhost_url)
    publish(broker, outgoing("m0"), outgoing("poison"), outgoing("m1"), outgoing("m2"))
    for _ in range(1 + LIMIT):
        worker = subprocess.run([sys.executable, "-c", KILLED_BY_POISON, vhost_url], check=False, timeout=30)
        assert worker.returncode == 9
    eventually(lambda: broker.depth("in.dead") == 1, within=10)
    stage = FunctionStage(hop)
    with consuming(broker, stage, prefetch=1):
        eventually(lambda: broker.depth("out") == 3, within=10)
    assert drained_ids(vhost_url, "in.dead") == ["poison"]
    assert set(drained_ids(vhost_url, "out")) == set(ids(3))
