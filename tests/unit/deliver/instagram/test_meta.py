"""What we ask of Instagram, and what its answers mean."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deliver.instagram import meta
from deliver.instagram.meta_errors import ERRORS
from deliver.outgoing import (
    KindLimits,
    Limits,
    NoAnswer,
    NotSent,
    OutgoingFile,
    OutgoingLink,
    OutgoingPart,
    PlannedFile,
)
from ingest.incoming import ChannelAccount
from schemas.message import Reply
from tests.unit.deliver.recorder import Recorder, answer

OURS, CUSTOMER = "17841405309211844", "1378293643217"
TAKEN = answer(200, {"recipient_id": CUSTOMER, "message_id": "mid.1"})
PART = OutgoingPart("p1", "m1", "c1", OURS, CUSTOMER, "Here it is", [], "https://gate.example/cb")
TO = {"recipient": {"id": CUSTOMER}}


def account(api_url="https://graph.instagram.com", **options):
    return ChannelAccount("acme", "instagram", "meta", OURS, api_url, {"access_token": "token"}, options)


def file(kind, media_type="image/jpeg", number=1):
    return OutgoingFile("a1", f"https://media.example/{number}", media_type, 1000, "x", kind)


def sent(part, given, of=None):
    client = Recorder([given])
    return meta.send(part, of or account(), client), client.asked


def image(number=1):
    return {"type": "image", "payload": {"url": f"https://media.example/{number}"}}


def test_a_text_goes_to_the_accounts_own_node():
    """With the token as a bearer's."""
    receipt, asked = sent(PART, TAKEN)
    assert (receipt.state, receipt.external_id) == ("accepted", "mid.1")
    url = f"https://graph.instagram.com/v25.0/{OURS}/messages"
    assert asked == [(url, TO | {"message": {"text": "Here it is"}}, "token")]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([file("image")], {"attachments": [image()]}),
        ([file("image"), file("image", number=2)], {"attachments": [image(), image(2)]}),
        (
            [file("video", "video/mp4")],
            {"attachment": {"type": "video", "payload": {"url": "https://media.example/1"}}},
        ),
        (
            [file("audio", "audio/mp4")],
            {"attachment": {"type": "audio", "payload": {"url": "https://media.example/1"}}},
        ),
        (
            [file("file", "application/pdf")],
            {"attachment": {"type": "file", "payload": {"url": "https://media.example/1"}}},
        ),
    ],
)
def test_pictures_are_an_array_and_anything_else_is_alone(files, message):
    """Instagram fetches them from us."""
    _, asked = sent(replace(PART, text=None, files=files), TAKEN)
    assert asked[0][1] == TO | {"message": message}


def test_a_link_is_said_in_words():
    """For a file that Instagram does not take."""
    link = OutgoingLink("https://media.example/y", "data.zip", 2_000_000, datetime(2026, 11, 29, tzinfo=UTC))
    _, asked = sent(replace(PART, text=None, links=[link]), TAKEN)
    assert asked[0][1]["message"] == {"text": "data.zip (2.0 MB, until 2026-11-29): https://media.example/y"}


@pytest.mark.parametrize(
    ("options", "node"),
    [
        ({}, OURS),
        ({"login": "instagram", "page_id": "99"}, OURS),
        ({"login": "facebook"}, "me"),
        ({"login": "facebook", "page_id": "99"}, "99"),
    ],
)
def test_each_login_has_its_node(options, node):
    """The Instagram account, or the page behind it."""
    _, asked = sent(PART, TAKEN, account("https://graph.facebook.com", **options))
    assert asked[0][0] == f"https://graph.facebook.com/v25.0/{node}/messages"


@pytest.mark.parametrize(
    ("options", "tags"),
    [
        ({}, {}),
        ({"human_agent": "false"}, {}),
        ({"human_agent": "true"}, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}),
    ],
)
def test_a_person_may_answer_for_seven_days_where_the_account_says_so(options, tags):
    """Meta gives the permission; without it the tag is an error."""
    _, asked = sent(PART, TAKEN, account(**options))
    assert asked[0][1] == TO | {"message": {"text": "Here it is"}} | tags


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (NotSent("refused"), "not_accepted"),
        (NoAnswer("timed out"), "ambiguous"),
        (answer(200, {"recipient_id": "1"}), "ambiguous"),
        (answer(200, {"message_id": ""}), "ambiguous"),
        (answer(200, b"<html>"), "ambiguous"),
        (answer(504, b""), "ambiguous"),
    ],
)
def test_silence_is_a_doubt_and_a_closed_door_is_not(given, state):
    """Only what surely did not arrive may be sent again."""
    assert sent(PART, given)[0].state == state


LATER = {1, 2, 4, 17, 613, (613, 2534040), 80002}
DOCUMENTED = {
    *(0, 1, 2, 3, 4, 10, 17, 100, 190, 551, 613, 80002),
    *((1, 1357046), (10, 1893063), (10, 2018278), (10, 2534022), (100, 2534014), (100, 2534029)),
    *((200, 2534041), (613, 2534040)),
    *range(200, 300),
}
ALARMS = {0, 3, 10, 190, (10, 1893063), (200, 2534041), *range(200, 300)}
FILES_FAULT = {(100, 2018008), (100, 2018047), (100, 2018109), (100, 2018294)}


def test_the_table_holds_every_documented_code():
    """And none that nobody knows."""
    assert set(ERRORS) == DOCUMENTED | FILES_FAULT


@pytest.mark.parametrize("key", sorted((DOCUMENTED | FILES_FAULT) - set(range(201, 300)), key=str))
def test_every_known_code_has_its_meaning(key):
    """The agent reads a sentence together with Instagram's own words."""
    code, subcode = key if isinstance(key, tuple) else (key, None)
    receipt, _ = sent(PART, answer(400, {"error": {"code": code, "error_subcode": subcode, "message": "words"}}))
    expected = "ambiguous" if subcode == 1357046 else "not_accepted" if key in LATER else "refused"
    assert receipt.reason is not None
    assert (receipt.state, receipt.reason.sentence, receipt.reason.provider_text) == (
        expected,
        ERRORS[key].sentence,
        "words",
    )
    assert (receipt.falls_back, receipt.alarms) == (key in FILES_FAULT, key in ALARMS)
    assert receipt.reason.code == (f"provider_{code}_{subcode}" if subcode else f"provider_{code}")


def test_an_error_that_says_it_may_have_worked_stays_a_doubt():
    """Whatever its status is."""
    body = {"error": {"code": 1, "error_subcode": 1357046, "message": "Received invalid JSON reply"}}
    assert sent(PART, answer(500, body))[0].state == "ambiguous"


LIMITS = Limits(
    kinds={
        "image": KindLimits(frozenset({"image/jpeg"}), 8_000_000, 10, captioned=False),
        "video": KindLimits(frozenset({"video/mp4"}), 25_000_000, 1, captioned=False),
    },
    max_message_bytes=80_000_000,
    max_files_per_message=10,
    max_text=1000,
    max_caption=0,
    text_unit="bytes",
)


def test_files_leave_first_and_words_after_them():
    """Ten pictures a message, anything else alone; 1000 bytes of words, never half a letter."""
    files = [PlannedFile(f"i{n}", "image/jpeg", 9, "image") for n in range(12)]
    files += [PlannedFile("v", "video/mp4", 9, "video")]
    parts = meta.plan(Reply(text="ä" * 501, expires_at=datetime(2026, 11, 23, tzinfo=UTC)), files, LIMITS)
    assert [(part.text, len(part.attachments)) for part in parts] == [
        (None, 10),
        (None, 2),
        (None, 1),
        ("ä" * 500, 0),
        ("ä", 0),
    ]


def test_messages_cannot_be_looked_up():
    """A send carries nothing of ours that would come back."""
    assert meta.reconcile(PART, account(), Recorder([])) is None
