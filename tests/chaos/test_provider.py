"""What a provider does to us, and how often it was tried: attempts are counted in the ledger."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import pytest

from tests.chaos.figures import Figures
from tests.chaos.sizes import SIZES
from tests.chaos.world import World
from workers.sandbox.faults import Fault

pytestmark = pytest.mark.services


@dataclass(frozen=True)
class Expected:
    """
    `copies`: how many reached the phone. A doubt is ended by the provider's own list of messages, or by nobody.

    Never five failures in a row: that would open the circuit, and the rest would wait.
    """

    attempts: set[int]
    states: tuple[str, ...]
    copies: set[int]


@pytest.mark.parametrize(
    ("fault", "times", "expected"),
    [
        (Fault.HANG, 1, Expected({1}, ("delivered", "in_doubt"), {1})),
        (Fault.OUTAGE, 3, Expected({4}, ("delivered",), {1})),
        (Fault.ACCEPT_THEN_RESET, 1, Expected({1}, ("delivered", "in_doubt"), {1})),
        (Fault.RESET, 1, Expected({1, 2}, ("delivered", "in_doubt"), {0, 1})),
        (Fault.BAD_GATEWAY, 1, Expected({1, 2}, ("delivered", "in_doubt"), {0, 1})),
        (Fault.THROTTLED, 1, Expected({2}, ("delivered",), {1})),
    ],
    ids=lambda value: str(value) if isinstance(value, Fault | int) else "",
)
def test_attempts_are_as_the_ladder_says(
    chaos: World, figures: Figures, fault: Fault, times: int, expected: Expected
) -> None:
    """Throttled and failing providers are asked again; whoever may have taken it is not."""
    cluster, customer = chaos.cluster, chaos.cluster.customer()
    cluster.twilio.fault(fault, times)
    message = cluster.reply("sms", customer, f"{fault} {times} {time.monotonic()}", chaos.photo)
    seen = cluster.seen(message, *expected.states, within=30 + sum(SIZES.ladder))
    cluster.twilio._faults.cancel()
    tried = chaos.attempts(message)
    figures.tell(attempts=len(tried), state=seen["state"], pauses=pauses(tried))

    assert len(tried) in expected.attempts
    assert all(pause >= step for pause, step in zip(pauses(tried), SIZES.ladder, strict=False))
    assert len(cluster.twilio.phone(customer).received) in expected.copies


@pytest.mark.parametrize("customer", ["+15005550009", "+15005550001"])
def test_what_the_provider_refuses_is_tried_once(chaos: World, figures: Figures, customer: str) -> None:
    """400 in the provider's own words: no mobile number, no number at all."""
    message = chaos.cluster.reply("sms", customer, f"nobody {time.monotonic()}")
    seen = chaos.cluster.seen(message, "failed")
    figures.tell(attempts=len(chaos.attempts(message)), code=seen["reason"]["code"])

    assert len(chaos.attempts(message)) == 1


def test_what_can_never_be_sent_is_tried_once(chaos: World, figures: Figures) -> None:
    """The customer has said STOP."""
    cluster, customer = chaos.cluster, chaos.cluster.customer()
    cluster.send_mms(customer, "STOP")
    message = cluster.reply("sms", customer, "Are you still there?")
    seen = cluster.seen(message, "failed", "refused")
    figures.tell(attempts=len(chaos.attempts(message)), code=seen["reason"]["code"])

    assert len(chaos.attempts(message)) <= 1
    assert cluster.twilio.phone(customer).received == []


@pytest.mark.parametrize("how", ["late", "drop by drop"])
def test_a_slow_answer_is_waited_for(chaos: World, figures: Figures, how: str) -> None:
    """Seconds, not minutes: one attempt, one copy."""
    cluster, customer = chaos.cluster, chaos.cluster.customer()
    slow = {"late": lambda: chaos.provider.delay(1.0), "drop by drop": lambda: chaos.provider.rate(300)}
    slow[how]()
    message = cluster.reply("sms", customer, f"{how} {time.monotonic()}", chaos.photo)
    cluster.seen(message, "delivered")
    chaos.provider.heal()
    figures.tell(attempts=len(chaos.attempts(message)))

    assert len(chaos.attempts(message)) == 1
    assert len(cluster.twilio.phone(customer).received) == 1


def pauses(tried: Sequence[datetime]) -> list[float]:
    """Seconds between two attempts."""
    return [round((later - earlier).total_seconds(), 1) for earlier, later in pairwise(tried)]
