"""Store and database: down, silent, and failing half of what they are asked."""

import time

import pika
import pytest

from tests.chaos.figures import Figures
from tests.chaos.sizes import SIZES
from tests.chaos.world import World
from tests.polling import eventually

pytestmark = pytest.mark.services

ANSWERS_AFTER_SECONDS = 1.5
DRAINED_SECONDS = 60.0
"""So long after the return of a server nothing may be under way any more."""


HALF = {"store": 0.5, "database": 0.1}
"""The share of what clients write that meets a reset, so that half of the calls fail: a transaction writes often."""


@pytest.mark.parametrize("how", ["down", "silent", "flaky"])
@pytest.mark.parametrize("server", ["store", "database"])
def test_a_server_fails_under_load(chaos: World, figures: Figures, server: str, how: str) -> None:
    """Before, during and after: nothing is lost, nothing is sent twice, and soon after its return all is done."""
    link = {"store": chaos.store, "database": chaos.database}[server]
    traffic = chaos.traffic()
    with traffic.flowing(SIZES.few, SIZES.few / (SIZES.outage + 2)):
        time.sleep(1)
        {"down": link.reset, "silent": link.black_hole, "flaky": lambda: link.flaky(HALF[server])}[how]()
        time.sleep(SIZES.outage)
        link.heal()
    counts = chaos.settled(traffic, within=DRAINED_SECONDS)
    figures.tell(counts, held=chaos.held())

    # A provider that comes once for a file, while the store is away for long, reports that: a visible end.
    gone = {"failed", "guilty"} if server == "store" and how != "flaky" else set()
    assert counts.wrong.keys() <= gone
    assert chaos.held() == 0
    assert chaos.dead_letters() == {}


@pytest.mark.parametrize(
    ("server", "how"), [("store", "down"), ("database", "down"), ("database", "silent"), ("database", "flaky")]
)
def test_a_server_fails_between_send_and_receipt(chaos: World, figures: Figures, server: str, how: str) -> None:
    """The provider has the message and its answer is on the way: one copy, one attempt, and it is not called failed."""
    cluster, customer = chaos.cluster, chaos.cluster.customer()
    link = {"store": chaos.store, "database": chaos.database}[server]
    taken = len(cluster.twilio.sent)
    chaos.provider.delay(ANSWERS_AFTER_SECONDS)
    message = cluster.reply("sms", customer, f"between {server} {how}")
    eventually(lambda: len(cluster.twilio.sent) > taken, within=20, every=0.01)
    {"down": link.reset, "silent": link.black_hole, "flaky": lambda: link.flaky(HALF[server])}[how]()
    time.sleep(SIZES.outage / 2)
    link.heal()
    chaos.provider.heal()
    seen = cluster.seen(message, "sent", "delivered", within=SIZES.settle)
    figures.tell(attempts=len(chaos.attempts(message)), state=seen["state"], held=chaos.held())

    assert [one.text for one in cluster.twilio.phone(customer).received] == [f"between {server} {how}"]
    assert len(chaos.attempts(message)) == 1
    assert chaos.held() == 0


def test_a_message_that_is_held_too_long_is_counted(chaos: World) -> None:
    """The counter of the rows above sees one: a consumer that takes a message and says nothing."""
    chaos.rabbit.ctl("eval", "application:set_env(rabbit, consumer_timeout, 500).")
    connection = pika.BlockingConnection(pika.URLParameters(chaos.rabbit.url))
    channel = connection.channel()
    channel.queue_declare("held", durable=True, arguments={"x-queue-type": "quorum"})
    channel.basic_publish("", "held", b"take me")
    channel.basic_consume("held", lambda *_: None)
    connection.process_data_events(0.1)
    eventually(lambda: chaos.held() == 1, within=10)
    chaos.rabbit.ctl("eval", f"application:set_env(rabbit, consumer_timeout, {int(SIZES.held * 1000)}).")
    connection.close()
