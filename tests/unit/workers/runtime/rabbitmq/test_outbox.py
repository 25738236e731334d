"""How confirms, returns and refusals find the messages they are about."""

from types import SimpleNamespace

import amqp
import pytest

from workers.runtime.broker import Outgoing
from workers.runtime.rabbitmq.outbox import MAX_SENDINGS, Outbox, Output


class FakeLink:
    """Takes what is published and says nothing."""

    def __init__(self) -> None:
        self.blocked = False
        self.dropped = False
        self.sent = []
        self.channel = SimpleNamespace(
            events={"basic_ack": set(), "basic_nack": set(), "basic_return": set()},
            confirm_select=lambda: None,
            send_method=self._send,
            connection=self,
        )

    def call(self, method):
        return method()

    def unblock(self):
        pass

    def flush(self):
        pass

    def drop(self):
        self.dropped = True

    def _send(self, _method, _format, arguments, content):
        content._serialize_properties()
        self.sent.append(content.properties["message_id"])

    def ack(self, tag, multiple=False):
        for callback in self.channel.events["basic_ack"]:
            callback(tag, multiple)

    def nack(self, tag, multiple=False):
        for callback in self.channel.events["basic_nack"]:
            callback(tag, multiple)

    def give_back(self, message_id, exchange="e", key="k"):
        for callback in self.channel.events["basic_return"]:
            callback(None, exchange, key, amqp.Message(b"", message_id=message_id))


def output(message_id, exchange="e", **fields):
    return Output(Outgoing(exchange, "k", b"", message_id, "t", "c", 1, **fields), None)


@pytest.fixture
def link():
    return FakeLink()


@pytest.fixture
def outbox(link):
    outbox = Outbox()
    outbox.attach(link)
    outbox.add([output("a"), output("b"), output("c")])
    outbox.send(0.0)
    return outbox


def settled(outbox):
    return [(one.message.message_id, one.failure) for one in outbox.settled]


def test_a_confirm_settles_one_message(outbox, link):
    """In the broker's order, not in ours."""
    link.ack(2)
    assert settled(outbox) == [("b", None)]
    assert len(outbox) == 2


def test_a_confirm_with_multiple_settles_all_before_it_once(outbox, link):
    """What was confirmed alone is not confirmed again."""
    link.ack(1)
    link.ack(3, multiple=True)
    assert settled(outbox) == [("a", None), ("b", None), ("c", None)]
    assert not outbox


def test_a_returned_message_is_unroutable_although_it_is_confirmed(outbox, link):
    """The confirm that follows a return means only that the broker is done with it."""
    link.give_back("b")
    link.ack(3, multiple=True)
    assert settled(outbox) == [("a", None), ("b", "unroutable"), ("c", None)]


def test_two_returns_with_one_id_are_two_messages(link):
    """The same id may be published twice."""
    outbox = Outbox()
    outbox.attach(link)
    outbox.add([output("a"), output("a")])
    outbox.send(0.0)
    link.give_back("a")
    link.give_back("a")
    link.ack(2, multiple=True)
    assert settled(outbox) == [("a", "unroutable"), ("a", "unroutable")]


def test_a_nack_is_a_refusal(outbox, link):
    """A full queue."""
    link.nack(2, multiple=True)
    assert settled(outbox) == [("a", "refused"), ("b", "refused")]


def test_what_a_lost_link_left_unconfirmed_goes_out_first_on_the_next(outbox, link):
    """In the old order, before what came later, and counted from 1 again."""
    link.ack(2)
    outbox.add([output("d")])
    outbox.detach("reset")
    assert link.dropped
    following = FakeLink()
    outbox.attach(following)
    outbox.send(1.0)
    assert following.sent == ["a", "c", "d"]
    following.ack(3, multiple=True)
    assert settled(outbox) == [("b", None), ("a", None), ("c", None), ("d", None)]


def test_a_return_is_remembered_when_the_link_dies_before_the_confirm(outbox, link):
    """It would be returned again and again."""
    link.give_back("a")
    outbox.detach("reset")
    assert settled(outbox) == [("a", "unroutable")]
    assert len(outbox) == 2


def test_a_missing_exchange_is_blamed_on_those_who_named_it(link):
    """The innocent go out again, as often as it takes."""
    outbox = Outbox()
    for _ in range(2 * MAX_SENDINGS):
        following = FakeLink()
        outbox.attach(following)
        outbox.add([output("bad", "x")])
        if not outbox.settled:
            outbox.add([output("good")])
        outbox.send(0.0)
        outbox.detach("Basic.publish: (404) NOT_FOUND - no exchange 'x' in vhost '/'")
    assert set(settled(outbox)) == {("bad", "missing_exchange")}
    assert len(outbox) == 1


def test_a_message_that_ends_every_link_is_given_up(outbox):
    """Or the loop would reconnect for ever."""
    for _ in range(MAX_SENDINGS):
        assert settled(outbox) == []
        outbox.detach("reset")
        outbox.attach(FakeLink())
        outbox.send(0.0)
    assert settled(outbox) == [("a", "unsendable"), ("b", "unsendable"), ("c", "unsendable")]


def test_a_message_that_amqp_cannot_carry_is_settled_at_once(link):
    """A short string ends at 255 bytes."""
    outbox = Outbox()
    outbox.attach(link)
    outbox.add([output("x" * 256), output("a"), output("b", headers={"h": object()})])
    outbox.send(0.0)
    assert settled(outbox) == [("x" * 256, "unsendable"), ("b", "unsendable")]
    assert link.sent == ["a"]


def test_an_alarm_holds_messages_back_and_stops_the_clock(outbox, link):
    """While it lasts the broker owes no confirm."""
    link.blocked = True
    outbox.add([output("d")])
    outbox.send(10.0)
    assert link.sent == ["a", "b", "c"]
    assert not outbox.overdue(1000.0, 30.0)
    link.blocked = False
    outbox.send(1000.0)
    assert link.sent == ["a", "b", "c", "d"]
    assert not outbox.overdue(1030.0, 30.0)
    assert outbox.overdue(1030.1, 30.0)


def test_a_confirm_is_overdue_after_its_time(outbox, link):
    """The oldest one counts."""
    assert [outbox.overdue(30.0, 30.0), outbox.overdue(30.1, 30.0)] == [False, True]
    link.ack(3, multiple=True)
    assert not outbox.overdue(1000.0, 30.0)


def test_abandoned_messages_settle_nothing(outbox, link):
    """Their confirms may still come."""
    outbox.abandon()
    link.ack(3, multiple=True)
    assert settled(outbox) == []
    assert not outbox
