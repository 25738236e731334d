"""Publishing from any thread: it returns when confirmed, and raises otherwise."""

import threading
import time

import pytest

from tests.integration.rabbitmq_kit import declared, drained_ids, ids, outgoing, pika_channel
from tests.polling import eventually
from tests.tcp_proxy import TcpProxy
from workers.runtime.broker import PublishFailed
from workers.runtime.rabbitmq import Patience, RabbitBroker
from workers.runtime.rabbitmq.declaring import TopologyRefused

pytestmark = pytest.mark.services


@pytest.fixture
def publisher(vhost_url):
    publisher = declared(vhost_url).publisher()
    yield publisher
    publisher.close()


@pytest.mark.parametrize(
    ("exchange", "key", "reason"),
    [
        ("work", "nobody", "unroutable"),
        ("nowhere", "in", "missing_exchange"),
        ("work", "in." + "x" * 300, "unsendable"),
    ],
    ids=["unroutable", "missing-exchange", "key-too-long"],
)
def test_a_message_that_reaches_no_queue_raises(vhost_url, publisher, exchange, key, reason):
    """The caller hears why, the other messages of the call arrive, and the next call works."""
    with pytest.raises(PublishFailed, match=f"bad: {reason}"):
        publisher.publish(outgoing("first"), outgoing("bad", key, exchange), outgoing("second"))
    publisher.publish(outgoing("third"))
    assert set(drained_ids(vhost_url, "in")) == {"first", "second", "third"}


def test_a_full_queue_raises(vhost_url, rabbitmq_api, publisher):
    """`reject-publish` answers with a nack instead of dropping."""
    vhost = vhost_url.rsplit("/", 1)[1]
    rabbitmq_api.call(
        "PUT", f"/policies/{vhost}/full", {"pattern": "^in$", "definition": {"max-length": 1}, "apply-to": "queues"}
    )

    def refused():
        try:
            publisher.publish(outgoing("one"))
        except PublishFailed as failed:
            return str(failed)
        return ""

    assert eventually(refused, within=10) == "one: refused"


def test_many_messages_of_one_call_arrive_in_order(vhost_url, publisher):
    """Confirms are pipelined; order is kept."""
    publisher.publish(*(outgoing(one) for one in ids(500)))
    assert drained_ids(vhost_url, "in") == ids(500)


def test_threads_may_share_a_publisher(vhost_url, publisher):
    """Every message of every thread arrives once."""
    names = [[f"{thread}-{number}" for number in range(20)] for thread in range(8)]

    def publish_all(mine):
        for one in mine:
            publisher.publish(outgoing(one))

    threads = [threading.Thread(target=publish_all, args=[mine]) for mine in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(drained_ids(vhost_url, "in")) == sorted(one for mine in names for one in mine)


def test_a_connection_that_was_cut_in_between_is_replaced_within_the_call(vhost_url):
    """The caller notices nothing."""
    declared(vhost_url)
    with TcpProxy(vhost_url) as link:
        publisher = RabbitBroker(link.url).publisher()
        publisher.publish(outgoing("one"))
        link.reset_once()
        publisher.publish(outgoing("two"))
        publisher.close()
    assert set(drained_ids(vhost_url, "in")) == {"one", "two"}


def test_a_silent_link_raises_when_the_time_is_up_and_works_again_when_healed(vhost_url):
    """A failed publish may still have arrived: the message is there twice at most, with the same id."""
    declared(vhost_url)
    with TcpProxy(vhost_url) as link:
        publisher = RabbitBroker(link.url, patience=Patience(publish=1, answer=1)).publisher()
        publisher.publish(outgoing("one"))
        link.black_hole()
        started = time.monotonic()
        with pytest.raises(PublishFailed, match="no confirm in time"):
            publisher.publish(outgoing("two"))
        assert 1 <= time.monotonic() - started < 3
        link.heal()
        publisher.publish(outgoing("two"))
        publisher.close()
    assert set(drained_ids(vhost_url, "in")) == {"one", "two"}


def test_a_broker_that_is_away_raises_at_once(vhost_url):
    """A door does not wait for what is known."""
    with TcpProxy(vhost_url) as link:
        link.reset()
        started = time.monotonic()
        with pytest.raises(PublishFailed):
            RabbitBroker(link.url).publisher().publish(outgoing("one"))
        assert time.monotonic() - started < 3


def test_declaring_twice_is_safe_and_declaring_otherwise_is_refused(vhost_url):
    """The broker holds a queue to the arguments it was made with."""
    broker = declared(vhost_url)
    declared(vhost_url)
    with pika_channel(vhost_url) as channel:
        channel.queue_delete("out")
        channel.queue_declare("out", durable=True)
    with pytest.raises(TopologyRefused, match=r"inequivalent arg .* for queue 'out'"):
        declared(vhost_url)
    assert broker.depth("in") == 0
