"""What a dead letter says about itself, whoever wrote its headers."""

from datetime import UTC, datetime

import pika
import pytest

from workers.runtime.dead_letter import DeadLetter

BODY = b'{"account": "acme", "data": {}}'


def test_a_letter_of_a_worker_tells_why_and_when():
    """First failure, last failure, attempts, reason, error, worker, account."""
    headers = {"x-attempt": 4, "x-first-seen": 60, "x-reason": "boom", "x-error": "it broke", "x-worker": "storer"}
    letter = DeadLetter.read("store", pika.BasicProperties(message_id="m", timestamp=120, headers=headers), BODY)

    assert (letter.reason, letter.error, letter.worker, letter.attempts) == ("boom", "it broke", "storer", 4)
    assert (letter.account, letter.message_id) == ("acme", "m")
    assert (letter.first_seen_at, letter.died_at) == (
        datetime(1970, 1, 1, 0, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 2, tzinfo=UTC),
    )


def test_a_letter_of_the_broker_tells_its_word():
    """A message that killed its worker has no other reason."""
    died = datetime(2026, 11, 22, 12)  # noqa: DTZ001 - what pika makes of an AMQP timestamp
    headers = {"x-first-death-reason": "delivery_limit", "x-death": [{"time": died, "queue": "store"}]}
    letter = DeadLetter.read("store", pika.BasicProperties(headers=headers, timestamp=1), BODY)

    assert (letter.reason, letter.died_at) == ("delivery_limit", died.replace(tzinfo=UTC))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"account": 7}', b"{" * 2000])
@pytest.mark.parametrize("seconds", [2**63 - 1, -(2**62), "soon", None])
def test_a_strangers_letter_can_say_anything(body: bytes, seconds: object):
    """Nothing that it says keeps an operator from looking."""
    headers = {"x-attempt": "many", "x-first-seen": seconds, "x-death": ["?"], "x-reason": None}
    letter = DeadLetter.read("store", pika.BasicProperties(headers=headers), body)

    assert (letter.account, letter.reason, letter.attempts, letter.first_seen_at) == (None, None, 0, None)
