"""Sends keep their provider's pace, and leave one alone that is down."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from schemas.delivery_in_doubt import DeliveryInDoubt
from tests.outbound import plan, sending_bench
from tests.workbench import CUSTOMER, LATER, SHOP, Bench, settings
from workers.deliverer import worker
from workers.gates import gates_of
from workers.runtime.ledger import Gates, Rate
from workers.runtime.provider_limits import Limit
from workers.runtime.settings import Settings
from workers.sandbox.faults import Fault

FAST = {"messages_per_second": None}


@pytest.fixture
def on(tmp_path, decoder, twilio) -> Iterator[Bench]:
    used = paced(settings(twilio.api_url, twilio.fetch_allow), **FAST)
    with sending_bench(tmp_path, decoder, used) as made:
        yield made


def paced(used: Settings, **rates: Any) -> Settings:
    """The same settings, with other rates for SMS."""
    limits = used.limits("sms", "twilio")
    outbound = limits.outbound.model_copy(
        update={
            name: value if value is None else Limit(value=value, source="a test", read="2026-11-27")
            for name, value in rates.items()
        }
    )
    twilio = limits.model_copy(update={"outbound": outbound})
    return used.model_copy(update={"channels": {**used.channels, "sms": {"twilio": twilio}}})


def to(number: int, **others: Any) -> Any:
    """A reply to another customer each: no turn stands in the way."""
    return plan("hi", message=f"m{number}", conversation=f"c{number}", contact=f"{CUSTOMER[:-1]}{number}", **others)


def passes(on, seconds):
    on.clock.at += timedelta(seconds=seconds)


def test_a_number_keeps_its_pace(on, twilio):
    """Half a message per second: the second waits, the third behind it, each in the order of asking."""
    on.settings = paced(on.settings, messages_per_second=0.5)
    on.run(worker, to(1)).only(DeliveryCompleted)
    assert on.run(worker, to(2)).retry == ("waiting_for_address", 1)
    assert on.run(worker, to(3)).retry == ("waiting_for_address", 1)
    passes(on, 2)
    assert on.run(worker, to(3)).retry == ("waiting_for_address", 1)
    on.run(worker, to(2)).only(DeliveryCompleted)
    passes(on, 2)
    on.run(worker, to(3)).only(DeliveryCompleted)
    assert len(twilio.sent) == 3


def test_a_place_far_behind_waits_long_at_once(on):
    """A hundred replies do not ask a hundred times a second."""
    on.settings = paced(on.settings, messages_per_second=0.1)
    on.run(worker, to(1)).only(DeliveryCompleted)
    assert [on.run(worker, to(number)).retry[1] for number in range(2, 6)] == [5, 5, 30, 30]


def test_waiting_for_a_rate_is_no_attempt(on):
    """Neither in the ladder nor in the ledger."""
    on.settings = paced(on.settings, messages_per_second=0.5)
    on.run(worker, to(1))
    (message,) = on.run(worker, to(2), attempt=6).messages
    assert (message.headers["x-attempt"], message.headers["x-waits"]) == (6, 1)
    passes(on, 2)
    assert on.run(worker, to(2), attempt=6).only(DeliveryCompleted).parts[0].attempt == 1


def test_a_customer_is_not_flooded_and_others_do_not_wait_for_that(on):
    """A pair's pace holds up the pair alone; after a pause a few may leave at once."""
    on.settings = paced(on.settings, pair_seconds=6, pair_burst=2, messages_per_second=100)
    on.run(worker, plan("one", message="m1")).only(DeliveryCompleted)
    passes(on, 0.1)
    on.run(worker, plan("two", message="m2")).only(DeliveryCompleted)
    passes(on, 0.1)
    assert on.run(worker, plan("three", message="m3")).retry == ("waiting_for_contact", 5)
    on.run(worker, to(4)).only(DeliveryCompleted)
    passes(on, 6)
    on.run(worker, plan("three", message="m3")).only(DeliveryCompleted)


def test_an_account_has_its_own_pace(on):
    """Over all of its numbers."""
    on.settings = paced(on.settings, account_messages_per_second=0.5)
    on.run(worker, to(1)).only(DeliveryCompleted)
    assert on.run(worker, to(2)).retry == ("waiting_for_account", 1)


def test_what_has_expired_waits_for_no_rate(on):
    """It does not leave, and takes nobody's place."""
    on.settings = paced(on.settings, messages_per_second=0.5)
    on.run(worker, to(1))
    on.clock.at = LATER + timedelta(seconds=1)
    failed = on.run(worker, to(2)).only(DeliveryFailed)
    assert failed.reason.code == "reply_expired"


def test_a_number_that_is_asked_to_slow_down_slows_down_for_all(on, twilio):
    """Retry-After of one message is a pause for those behind it, not an attempt of each."""
    on.settings = paced(on.settings, messages_per_second=100)
    twilio.fault(Fault.THROTTLED)
    assert on.run(worker, to(1)).retry == ("provider_20429", 1)
    assert on.run(worker, to(2)).retry == ("waiting_for_address", 1)
    passes(on, 1)
    on.run(worker, to(2)).only(DeliveryCompleted)


def outages(on, twilio, count, fault=Fault.OUTAGE):
    twilio.fault(fault, count)
    return [on.run(worker, to(number)).messages[0] for number in range(count)]


def test_a_provider_that_is_down_is_left_alone(on, twilio):
    """Five outages in a row open the circuit; then nobody burns an attempt on it."""
    outages(on, twilio, 5)
    assert on.run(worker, to(6)).retry == ("provider_down", 5)
    passes(on, 9)
    assert on.run(worker, to(6)).retry == ("provider_down", 1)
    assert len(twilio.sent) == 0


def test_one_probe_closes_the_circuit(on, twilio):
    """After the pause the first may try, and when it gets through all may."""
    outages(on, twilio, 5)
    passes(on, 10)
    for number in (6, 7, 8):
        on.run(worker, to(number)).only(DeliveryCompleted)


def test_a_failed_probe_opens_it_for_longer(on, twilio):
    """Ten seconds, then twenty."""
    outages(on, twilio, 5)
    passes(on, 10)
    twilio.fault(Fault.OUTAGE)
    assert on.run(worker, to(6)).retry == ("provider_20500", 1)
    passes(on, 19)
    assert on.run(worker, to(6)).retry == ("provider_down", 1)
    passes(on, 1)
    on.run(worker, to(6)).only(DeliveryCompleted)


def test_an_answer_between_them_keeps_it_closed(on, twilio):
    """A refusal and a 429 are answers of a provider that is well."""
    outages(on, twilio, 4)
    twilio.fault(Fault.THROTTLED)
    on.run(worker, to(5))
    outages(on, twilio, 4)
    on.run(worker, to(6)).only(DeliveryCompleted)


def test_silence_opens_it_too(on, twilio):
    """Otherwise every message would become a doubt."""
    messages = outages(on, twilio, 5, Fault.RESET)
    assert {one.type for one in messages} == {f"trombone.{DeliveryInDoubt.event_type}.v1"}
    assert on.run(worker, to(6)).retry[0] == "provider_down"


def test_a_provider_that_is_down_takes_no_places_in_the_rate(on, twilio):
    """When it is back, those who waited for it leave at its pace, not all at once."""
    on.settings = paced(on.settings, messages_per_second=0.5)
    for number in range(5):
        passes(on, 2)
        twilio.fault(Fault.OUTAGE)
        on.run(worker, to(number))
    assert [on.run(worker, to(number)).retry[0] for number in (6, 7)] == ["provider_down"] * 2
    passes(on, 10)
    on.run(worker, to(6)).only(DeliveryCompleted)
    assert on.run(worker, to(7)).retry[0] == "waiting_for_address"


def test_another_accounts_trouble_is_its_own(on):
    """A circuit and a rate belong to an account at a host."""
    (account,) = on.settings.connections("sms")
    used = paced(on.settings, messages_per_second=2, pair_seconds=6, account_messages_per_second=25)
    gates = gates_of(account, CUSTOMER, used.limits("sms", "twilio").outbound)
    host = account.api_url.removeprefix("http://")
    assert gates == Gates(
        circuit=f"sms|twilio|acme|{host}",
        lane=Rate(f"address|sms|twilio|acme|{SHOP}", 0.5, "waiting_for_address"),
        others=(
            Rate(f"pair|sms|twilio|acme|{SHOP}|{CUSTOMER}", 6, "waiting_for_contact"),
            Rate("account|sms|twilio|acme", 0.04, "waiting_for_account"),
        ),
    )
