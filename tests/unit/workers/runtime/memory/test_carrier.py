"""What the memory broker adds to kombu's transport; the conformance suite has the rest."""

from tests.polling import eventually
from workers.runtime.broker import Outgoing
from workers.runtime.memory.carrier import Carrier
from workers.runtime.memory.parcel import parcel_of
from workers.runtime.topology import Binding, Exchange, Queue, Topology

MESSAGE = Outgoing("delay", "anything", b"body", "1", "t", "c", 0)


def test_a_delayed_message_that_nobody_takes_back_is_kept() -> None:
    """At-least-once: it waits for another round instead of vanishing, as on RabbitMQ."""
    carrier = Carrier()
    work = Queue("work", [])
    delay = Queue("delay", [Binding("delay", "#")], "back", ttl_seconds=0.01)
    carrier.declare(Topology([Exchange("delay"), Exchange("back")], [work, delay]))
    carrier.publish(parcel_of(MESSAGE))
    eventually(lambda: carrier.depth("delay") == 0, 5, every=0)
    eventually(lambda: carrier.depth("delay") == 1, 5, every=0)
    carrier.declare(Topology([], [Queue("work", [Binding("back", "anything")])]))
    back = eventually(lambda: carrier.take("work"), 5)
    assert back
    assert back.body == b"body"
    carrier.close()


def test_brokers_in_one_process_share_nothing() -> None:
    """kombu's memory transport alone would."""
    left, right = Carrier(), Carrier()
    for carrier in (left, right):
        carrier.declare(Topology([Exchange("delay")], [Queue("work", [Binding("delay", "#")])]))
    left.publish(parcel_of(MESSAGE))
    assert (left.depth("work"), right.depth("work")) == (1, 0)
