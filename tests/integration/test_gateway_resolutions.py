"""An agent answers a doubt."""

import pytest

from schemas.codec import encode
from tests.integration.gateway_door import ACME, ACME_READER, RIVAL, open_door
from tests.journeys import DEADLINES, planned
from workers.runtime.record import RecordedDelivery


@pytest.fixture
def door(tmp_path):
    with open_door(tmp_path) as door:
        yield door


def in_doubt(door, name="R1"):
    """A reply of which nobody knows whether it arrived."""
    journey = planned(name, files=0)
    journey.in_doubt(journey.events[-1])
    door.services.record.write([RecordedDelivery("event", encode(one), one) for one in journey.events], DEADLINES)
    return journey


def path(journey):
    return f"/v1/messages/{journey.message}/parts/{journey.part}/resolution"


def answer(door, journey, word, key=ACME, **more):
    return door.ask("POST", path(journey), key=key, json={"answer": word, **more})


@pytest.mark.parametrize("word", ["arrived", "send_again"])
def test_an_answer_becomes_an_event(door, word):
    """It names the part, and who said so."""
    journey = in_doubt(door)

    answered = answer(door, journey, word, agent="kim")
    (event,) = door.events(1)

    expected = {"message": journey.message, "part": journey.part, "answer": word}
    assert (answered.status, answered.json()) == (202, expected)
    data = event.data
    assert (data.event_type, data.channel, data.account, data.agent) == ("doubt_resolved", "sms", "acme", "kim")
    assert (data.conversation, data.message, data.part, data.answer) == (
        journey.conversation,
        journey.message,
        journey.part,
        word,
    )


def test_a_second_click_is_the_same_answer(door):
    """It is published once, so nothing is sent twice."""
    journey = in_doubt(door)

    statuses = [answer(door, journey, "send_again").status for _ in range(3)]
    door.events(1)

    assert statuses == [202, 202, 202]
    assert len(door.intake_rows()) == 1


def test_another_answer_to_the_same_doubt_is_a_conflict(door):
    """Two agents must not have it both ways."""
    journey = in_doubt(door)

    answers = [answer(door, journey, word) for word in ("arrived", "send_again")]

    assert [(one.status, one.error if one.status != 202 else None) for one in answers] == [
        (202, None),
        (409, "already_used"),
    ]


def test_what_is_known_needs_no_answer(door):
    """A report came in the meantime."""
    journey = planned(files=0)
    journey.completed(journey.events[-1])
    door.services.record.write([RecordedDelivery("event", encode(one), one) for one in journey.events], DEADLINES)

    answered = answer(door, journey, "send_again")

    assert (answered.status, answered.error) == (409, "not_in_doubt")


@pytest.mark.parametrize(
    ("word", "key", "status", "code"),
    [
        ("perhaps", ACME, 422, "wrong_field"),
        ("arrived", ACME_READER, 403, "scope_missing"),
        ("arrived", RIVAL, 404, "part_unknown"),
        ("arrived", None, 401, "key_missing"),
    ],
)
def test_nobody_else_and_nothing_else_is_heard(door, word, key, status, code):
    """Another account's part does not exist."""
    answered = answer(door, in_doubt(door), word, key)

    assert (answered.status, answered.error) == (status, code)
    assert door.intake_rows() == []


def test_a_part_of_another_message_does_not_exist(door):
    """The path must fit together."""
    one, other = in_doubt(door, "R1"), in_doubt(door, "R2")

    answered = door.ask(
        "POST",
        f"/v1/messages/{one.message}/parts/{other.part}/resolution",
        key=ACME,
        json={"answer": "arrived"},
    )

    assert (answered.status, answered.error) == (404, "part_unknown")
