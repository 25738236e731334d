"""Two replies of one conversation leave in the order in which they were requested."""

from datetime import timedelta

import pytest

from schemas import identity
from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from schemas.media_rejected import MediaRejected
from schemas.message import carry
from schemas.reason import Reason
from tests.outbound import announced, plan
from tests.workbench import ACCOUNT, NOW, SHOP_PAGE, VISITOR, Counting, bench, greeting
from workers.deliverer import worker
from workers.runtime.database import DatabaseUnavailable

WAITS = ("waiting_its_turn", 1)


@pytest.fixture
def on(tmp_path, decoder):
    made = bench(tmp_path, decoder)
    made.recorded(greeting())
    yield made
    made.database.close()


def reply(message, at, **others):
    """A webchat reply that was requested so many seconds ago, or will be."""
    requested_at = NOW + timedelta(seconds=at)
    return plan(message, message=message, requested_at=requested_at, channel="webchat", **others)


def test_a_quick_reply_waits_for_the_slow_one_before_it(on):
    """The first is still being converted; the second leaves right after it."""
    first, second = reply("m1", -2), reply("m2", -1)
    on.run(worker, announced(first))
    on.run(worker, announced(second))
    assert on.run(worker, second).retry == WAITS
    on.run(worker, first).only(DeliveryCompleted)
    on.run(worker, second).only(DeliveryCompleted)


def test_the_first_waits_for_nobody(on):
    """Though it hears of the second before its own beginning."""
    first, second = reply("m1", -2), reply("m2", -1)
    on.run(worker, announced(second))
    on.run(worker, first).only(DeliveryCompleted)


def test_at_the_same_moment_there_is_an_order_too(on):
    """Both may not wait for each other."""
    first, second = reply("m1", 0), reply("m2", 0)
    for one in (second, first):
        on.run(worker, announced(one))
    assert on.run(worker, second).retry == WAITS
    on.run(worker, first).only(DeliveryCompleted)


def test_waiting_uses_up_no_attempt(on):
    """The last step of the ladder is still there afterwards."""
    on.run(worker, announced(reply("m1", -2)))
    (message,) = on.run(worker, reply("m2", -1), attempt=6).messages
    assert (message.headers["x-attempt"], message.headers["x-waits"]) == (6, 1)
    assert message.headers["x-error"] == "The reply m1 was requested earlier."


def test_a_refused_reply_holds_up_nobody(on):
    """Not even when the refusal comes before the request has been heard of."""
    first, second = reply("m1", -2), reply("m2", -1)
    why = Reason(code="x", sentence="X.")
    on.run(worker, carry(first, MediaRejected, attachments=[], reply_refused=True, reason=why))
    on.run(worker, announced(first))
    on.run(worker, second).only(DeliveryCompleted)


def test_a_refused_file_does_not_end_the_reply(on):
    """What fits is still on its way."""
    first, second = reply("m1", -2), reply("m2", -1)
    on.run(worker, announced(first))
    on.run(worker, carry(first, MediaRejected, attachments=[]))
    assert on.run(worker, second).retry == WAITS


def test_a_reply_that_never_gets_ready_holds_up_nobody_for_ever(on):
    """Its turn lapses, and later it may still leave."""
    first, second = reply("m1", -2), reply("m2", -1)
    on.run(worker, announced(first))
    on.clock.at += timedelta(seconds=119)
    assert on.run(worker, second).retry[0] == "waiting_its_turn"
    on.clock.at += timedelta(seconds=1)
    on.run(worker, second).only(DeliveryCompleted)
    on.run(worker, first).only(DeliveryCompleted)


def test_what_waits_itself_keeps_its_place(on):
    """The third does not overtake the second, which waits for the first."""
    first, second, third = reply("m1", -3), reply("m2", -2), reply("m3", -1)
    for one in (first, second, third):
        on.run(worker, announced(one))
    on.clock.at += timedelta(seconds=100)
    assert on.run(worker, second).retry[0] == "waiting_its_turn"
    on.clock.at += timedelta(seconds=21)
    assert on.run(worker, third).retry[0] == "waiting_its_turn"
    on.run(worker, second).only(DeliveryCompleted)
    on.run(worker, third).only(DeliveryCompleted)


def test_an_expired_reply_waits_for_nobody(on):
    """It will not leave; the agent hears so at once."""
    on.run(worker, announced(reply("m1", -2)))
    failed = on.run(worker, reply("m2", -1, expires_at=NOW - timedelta(seconds=1))).only(DeliveryFailed)
    assert failed.reason.code == "reply_expired"


def test_other_conversations_do_not_wait(on):
    """One slow reply is one customer's."""
    on.run(worker, announced(reply("m1", -2)))
    other = identity.conversation_id(ACCOUNT, "webchat", SHOP_PAGE, f"{VISITOR}-2")
    elsewhere = reply("m2", -1, conversation=other, contact=f"{VISITOR}-2")
    on.recorded(greeting(f"{VISITOR}-2"))
    on.run(worker, elsewhere).only(DeliveryCompleted)


@pytest.mark.parametrize(("age", "delay"), [(1, 1), (19, 1), (21, 5), (115, 5)])
def test_the_longer_a_reply_has_waited_the_longer_it_waits(on, age, delay):
    """So the record does not fill up with waiting."""
    on.run(worker, announced(reply("m1", -2)))
    on.clock.at += timedelta(seconds=age)
    assert on.run(worker, reply("m2", 0)).retry == ("waiting_its_turn", delay)


def test_an_outcome_is_told_though_the_turn_cannot_be_ended(on, monkeypatch):
    """Nothing is requeued after an acceptance; the turn lapses."""

    def away(*_args):
        raise DatabaseUnavailable("database_unavailable", "gone")

    on.turns = Counting(on.turns)
    monkeypatch.setattr(on.turns, "end", away, raising=False)
    on.run(worker, reply("m1", 0)).only(DeliveryCompleted)


def test_a_turn_that_could_not_be_noted_costs_no_more_than_the_order(on, monkeypatch):
    """A database that is away is waited for; one that was too slow for the whole ladder is not."""
    problem = DatabaseUnavailable("database_unavailable", "gone")

    def failing(*_args):
        raise problem

    on.turns = Counting(on.turns)
    monkeypatch.setattr(on.turns, "note", failing, raising=False)
    request = announced(reply("m1", 0))
    assert [on.run(worker, request, attempt=n).retry[0] for n in (0, 6)] == ["database_unavailable"] * 2
    problem = DatabaseUnavailable("database_slow", "a lock", away=False)
    assert on.run(worker, request, attempt=6).data == []
