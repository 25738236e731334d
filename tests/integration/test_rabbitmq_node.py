"""What becomes of messages when the broker itself has trouble: an alarm, a stop, a power cut. On a node of our own."""

import threading

import pytest
from structlog.testing import capture_logs

from tests.integration.rabbitmq_kit import FunctionStage, consuming, declared, drained_ids, hop, ids, outgoing, publish
from tests.polling import eventually
from workers.runtime.broker import PublishFailed
from workers.runtime.rabbitmq import Patience, RabbitBroker

pytestmark = [pytest.mark.services, pytest.mark.timeout(120)]


@pytest.fixture
def url(own_rabbitmq):
    with own_rabbitmq.api.vhost() as url:
        yield url


@pytest.fixture
def alarm(own_rabbitmq):
    """Call it with True or False."""

    def switch(on):
        own_rabbitmq.ctl("set_vm_memory_high_watermark", "0.00001" if on else "0.6")

    yield switch
    switch(False)


def test_a_memory_alarm_pauses_publishing_and_nothing_else(url, alarm):
    """Acks and heartbeats go on over the consuming connection; the outputs arrive once when the alarm ends."""
    broker = declared(url, heartbeat=1, publish=1)
    publish(broker, *(outgoing(one) for one in ["warm", "quiet", *ids(20)]))
    gate = threading.Event()

    def answer(delivery):
        if delivery.message_id == "warm":
            return hop(delivery)
        gate.wait(60)
        return [] if delivery.message_id == "quiet" else hop(delivery)

    stage = FunctionStage(answer)
    with capture_logs() as logs, consuming(broker, stage, prefetch=32, threads=4):
        eventually(lambda: len(stage.done) == 1, within=10)
        alarm(True)
        gate.set()
        eventually(lambda: "quiet" in {one.message_id for one in stage.done}, within=10)
        with pytest.raises(PublishFailed):
            broker.publisher().publish(outgoing("door"))
        never = threading.Event()
        never.wait(3)  # three heartbeats long nothing may be lost
        assert {one.message_id for one in stage.done} == {"warm", "quiet"}
        alarm(False)
        eventually(lambda: len(stage.done) == 22, within=20)
    assert [entry for entry in logs if entry["event"] == "connection.lost"] == []
    assert [one for one in stage.begun if one.redelivered] == []
    assert sorted(drained_ids(url, "out")) == sorted(["warm", *ids(20)])
    broker.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_broker_that_goes_and_comes_back_has_lost_nothing_that_was_confirmed(own_rabbitmq, url, how):
    """Lost 0; what was delivered twice is counted, not forbidden."""
    patience = Patience(publish=2, answer=2)
    declared(url)
    confirmed: list[str] = []
    over = threading.Event()

    def publish_until_over():
        publisher = RabbitBroker(url, patience=patience).publisher()
        number = 0
        while not over.is_set():
            try:
                publisher.publish(outgoing(f"m{number}"))
            except PublishFailed:
                over.wait(0.1)
                continue
            confirmed.append(f"m{number}")
            number += 1
        publisher.close()

    stage = FunctionStage(hop)
    with consuming(RabbitBroker(url, patience=patience), stage, prefetch=20):
        load = threading.Thread(target=publish_until_over)
        load.start()
        eventually(lambda: len(confirmed) > 100, within=20)
        getattr(own_rabbitmq, how)()
        own_rabbitmq.start()
        before = len(confirmed)
        eventually(lambda: len(confirmed) > before + 100, within=30)
        over.set()
        load.join(10)
        eventually(lambda: set(confirmed) <= {one.message_id for one in stage.done}, within=30)
    out = drained_ids(url, "out")
    assert set(confirmed) - set(out) == set()
    assert set(out) - set(confirmed) <= {f"m{len(confirmed)}"}
