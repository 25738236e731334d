"""A reply to somebody who never wrote, where only customers can begin."""

from datetime import timedelta

import pytest

from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from tests.outbound import announced, plan, states
from tests.workbench import LATER, Bench, bench, greeting
from workers.beginning import customer_begins
from workers.deliverer import worker
from workers.runtime.settings import load

WAITS = ("waiting_for_first_message", 1)


@pytest.fixture
def on(tmp_path, decoder):
    made = bench(tmp_path, decoder)
    yield made
    made.database.close()


def reply(on: Bench, age: float, **others):
    """A reply by webchat that was requested so many seconds ago."""
    return plan("hi", channel="webchat", requested_at=on.clock.at - timedelta(seconds=age), **others)


def test_a_reply_to_a_contact_that_never_existed_fails_with_its_reason(on):
    """It does not count as sent because nobody had to be called."""
    media = reply(on, 60)
    on.recorded(announced(media))
    failed = on.run(worker, media).only(DeliveryFailed)
    assert (states(failed), failed.reason.code) == (["not_sent"], "contact_unknown")


def test_a_reply_that_overtook_the_first_message_waits_for_it(on):
    """Upstream systems may publish both at once; it uses up no attempt."""
    media = reply(on, 1)
    on.recorded(announced(media))
    assert on.run(worker, media).retry == WAITS
    on.recorded(greeting())
    on.run(worker, media).only(DeliveryCompleted)


def test_while_the_record_is_behind_nobody_is_unknown(on):
    """What does not stand there yet, not even the reply itself, may still come."""
    media = reply(on, 3600)
    assert on.run(worker, media).retry == WAITS
    on.recorded(greeting(), announced(media))
    on.run(worker, media).only(DeliveryCompleted)


def test_what_expired_waits_no_longer(on):
    """It has its end, whatever the record says."""
    media = reply(on, 60)
    on.clock.at = LATER + timedelta(seconds=1)
    assert on.run(worker, media).only(DeliveryFailed).reason.code == "reply_expired"


@pytest.mark.parametrize(
    ("channel", "provider", "customers"),
    [("webchat", "webchat", True), ("sms", "twilio", False), ("email", "smtp", False), ("whatsapp", "meta", False)],
)
def test_who_can_begin_is_data(channel, provider, customers):
    """Where the file says neither, the provider refuses what it does not take."""
    assert customer_begins(load({}).limits(channel, provider).outbound) is customers
