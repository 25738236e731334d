"""The recorder on its queue: what is published anywhere reaches the thread; its own dead letters never loop."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from tests.journeys import ACCOUNT, StoppedClock, delivered, shown
from tests.polling import eventually
from workers.recorder import Recorder
from workers.roster import everyone
from workers.runtime.broker import Broker, Outgoing, Subscription
from workers.runtime.database import Database
from workers.runtime.letters import event_message
from workers.runtime.memory import MemoryBroker
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.record import Record
from workers.runtime.settings import load
from workers.runtime.topology import DEAD, RECORD, UPSTREAM, plan, upstream_key


@pytest.fixture(params=["memory", pytest.param("rabbitmq", marks=pytest.mark.services)])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    opened: Broker = MemoryBroker() if request.param == "memory" else RabbitBroker(request.getfixturevalue("vhost_url"))
    yield opened
    opened.close()


@pytest.fixture
def record(broker: Broker, tmp_path: Path) -> Iterator[Record]:
    """A record with a recorder at work behind it."""
    settings = load({})
    database = Database(f"sqlite:///{tmp_path}/record.db")
    database.migrate()
    record = Record(database, StoppedClock())
    broker.declare(plan(everyone(), settings))
    stop = Flag()
    stage = Recorder(record, settings, everyone(), stop=stop)
    subscriptions = [Subscription(RECORD, stage.max_batch)]
    thread = Thread(
        target=lambda: broker.consume(subscriptions, stage, threads=1, stop=stop), name="recorder", daemon=True
    )
    thread.start()
    yield record
    stop.set()
    thread.join(15)
    database.close()
    assert not thread.is_alive()


def test_what_is_published_reaches_the_thread(broker: Broker, record: Record):
    """Events of all workers, from inside and from upstream, and bytes that are no event."""
    inbound, outbound = shown(), delivered()
    begun, *others = outbound.events
    request = event_message(begun)
    upstream = Outgoing(
        exchange=UPSTREAM,
        routing_key=upstream_key(ACCOUNT, "reply_requested", 1, "sms"),
        body=request.body,
        message_id=request.message_id,
        type=request.type,
        correlation_id="",
        timestamp=0,
    )
    publisher = broker.publisher()
    publisher.publish(upstream, *(event_message(event) for event in [*inbound.events, *others]))
    publisher.close()

    def ends() -> list[str | None]:
        found = [record.message(ACCOUNT, one.message) for one in (inbound, outbound)]
        return [view.state if view else None for view in found]

    eventually(lambda: ends() == ["shown", "delivered"], within=20)


def test_a_dead_letter_of_the_recorder_does_not_come_back_to_it(broker: Broker, record: Record):
    """It stays in the recorder's own dead letters until an operator replays it."""
    event = shown().events[1]
    dead = event_message(event)
    publisher = broker.publisher()
    publisher.publish(
        Outgoing(DEAD, RECORD, dead.body, dead.message_id, dead.type, dead.correlation_id, dead.timestamp),
        event_message(shown("SM2").events[1]),
    )
    publisher.close()

    eventually(lambda: record.message(ACCOUNT, shown("SM2").message), within=20)

    assert broker.depth(f"{RECORD}.dead") == 1
    assert record.message(ACCOUNT, shown().message) is None
