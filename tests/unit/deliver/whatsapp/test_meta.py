"""What we ask of WhatsApp, and what its answers mean."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

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
from deliver.whatsapp import meta
from deliver.whatsapp.meta_errors import ERRORS
from ingest.incoming import ChannelAccount
from schemas.message import Reply
from tests.unit.deliver.recorder import Recorder, answer

API = "https://graph.facebook.com/v25.0/106"
ACCOUNT = ChannelAccount(
    "acme",
    "whatsapp",
    "meta",
    "+15550783881",
    "https://graph.facebook.com",
    {"access_token": "token"},
    {"phone_number_id": "106"},
)
PART = OutgoingPart("p1", "m1", "c1", "+15550783881", "+14155550100", "Here it is", [], "https://gate.example/cb")
UPLOADED, TAKEN = answer(200, {"id": "4711"}), answer(200, {"contacts": [{}], "messages": [{"id": "wamid.1"}]})
COMMON = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "to": "14155550100",
    "biz_opaque_callback_data": "c1/m1/p1",
}
LIMITS = Limits(
    kinds={
        "image": KindLimits(frozenset({"image/jpeg"}), 5_000_000, 1),
        "audio": KindLimits(frozenset({"audio/mpeg"}), 16_000_000, 1, captioned=False),
    },
    max_message_bytes=100_000_000,
    max_files_per_message=1,
    max_text=4096,
    max_caption=1024,
)


def file(kind, media_type, name="file.jpg"):
    return OutgoingFile("a1", "https://media.example/x", media_type, 1000, name, kind)


def sent(part, *answers):
    client = Recorder(answers)
    return meta.send(part, ACCOUNT, client), client.asked


def test_a_text_is_one_call():
    """With our token, so that every status finds the part."""
    receipt, asked = sent(PART, TAKEN)
    assert (receipt.state, receipt.external_id) == ("accepted", "wamid.1")
    assert asked == [(f"{API}/messages", COMMON | {"type": "text", "text": {"body": "Here it is"}}, "token")]


@pytest.mark.parametrize(
    ("kind", "media_type", "name", "type_", "content"),
    [
        ("image", "image/jpeg", "a.jpg", "image", {"id": "4711", "caption": "Here it is"}),
        ("video", "video/mp4", "a.mp4", "video", {"id": "4711", "caption": "Here it is"}),
        ("audio", "audio/mpeg", "a.mp3", "audio", {"id": "4711"}),
        (
            "file",
            "application/pdf",
            "a.pdf",
            "document",
            {"id": "4711", "caption": "Here it is", "filename": "a.pdf"},
        ),
    ],
)
def test_a_file_is_uploaded_and_sent_by_its_id(kind, media_type, name, type_, content):
    """A caption where there can be one, a name where one is shown."""
    receipt, asked = sent(replace(PART, files=[file(kind, media_type, name)]), UPLOADED, TAKEN)
    assert receipt.state == "accepted"
    assert asked == [
        (f"{API}/media", {"messaging_product": "whatsapp", "type": media_type}, "file", name, media_type, "token"),
        (f"{API}/messages", COMMON | {"type": type_, type_: content}, "token"),
    ]


@pytest.mark.parametrize(
    ("name", "media_type", "uploaded"),
    [
        ("photo.JPG", "image/jpeg", "photo.JPG"),
        ("photo.png", "image/jpeg", "file.jpg"),
        ("manual", "application/pdf", "file.pdf"),
        ("März.pdf", "application/pdf", "file.pdf"),
    ],
)
def test_the_uploads_name_agrees_with_its_type(name, media_type, uploaded):
    """A name that contradicts the type is refused; the customer still reads the agent's own name."""
    _, asked = sent(replace(PART, files=[file("file", media_type, name)]), UPLOADED, TAKEN)
    assert (asked[0][3], asked[1][1]["document"]["filename"]) == (uploaded, name)


@pytest.mark.parametrize(
    ("contact", "recipient"),
    [
        ("+14155550100", {"to": "14155550100"}),
        ("14155550100", {"to": "14155550100"}),
        ("US.13491208655302741918", {"recipient": "US.13491208655302741918"}),
    ],
)
def test_a_customer_is_reached_by_number_or_by_id(contact, recipient):
    """Who shows no number is known by an id alone."""
    _, asked = sent(replace(PART, contact=contact), TAKEN)
    assert {name: asked[0][1].get(name) for name in ("to", "recipient") if name in asked[0][1]} == recipient


def test_a_reply_quotes_what_it_answers():
    """By the provider's id."""
    _, asked = sent(replace(PART, in_reply_to="wamid.0"), TAKEN)
    assert asked[0][1]["context"] == {"message_id": "wamid.0"}


def test_a_link_is_said_in_words():
    """For a file that WhatsApp does not take."""
    link = OutgoingLink("https://media.example/y", "data.zip", 2_000_000, datetime(2026, 11, 29, tzinfo=UTC))
    _, asked = sent(replace(PART, links=[link]), TAKEN)
    expected = "Here it is\n\ndata.zip (2.0 MB, until 2026-11-29): https://media.example/y"
    assert asked[0][1]["text"] == {"body": expected}


@pytest.mark.parametrize(
    ("first", "state"),
    [
        (NotSent("refused"), "not_accepted"),
        (NoAnswer("timed out"), "not_accepted"),
        (answer(502, b"<html>"), "not_accepted"),
        (answer(200, b"<html>"), "not_accepted"),
        (answer(200, {"id": ""}), "not_accepted"),
        (answer(400, {"error": {"code": 131053, "message": "no"}}), "refused"),
        (answer(401, {"error": {"code": 190, "message": "no"}}), "refused"),
    ],
)
def test_an_upload_that_failed_may_always_be_tried_again(first, state):
    """Nothing is sent after it, so nothing can have arrived; a no is a no."""
    receipt, asked = sent(replace(PART, files=[file("image", "image/jpeg")]), first)
    assert (receipt.state, len(asked)) == (state, 1)


@pytest.mark.parametrize(
    ("second", "state"),
    [
        (NotSent("refused"), "not_accepted"),
        (NoAnswer("timed out"), "ambiguous"),
        (answer(200, {"messages": []}), "ambiguous"),
        (answer(200, {"messages": [{}]}), "ambiguous"),
        (answer(200, b"<html>"), "ambiguous"),
        (answer(504, b""), "ambiguous"),
    ],
)
def test_silence_after_the_send_is_a_doubt_and_a_closed_door_is_not(second, state):
    """Only what surely did not arrive may be sent again."""
    receipt, _ = sent(replace(PART, files=[file("image", "image/jpeg")]), UPLOADED, second)
    assert receipt.state == state


LATER = {2, 4, 80007, 130429, 131000, 131016, 131056, 133016}
FILES_FAULT = {131014, 131053}
ALARMS = {0, 3, 10, 190, 368, 131031, *range(200, 300)}
DOCUMENTED = {
    *(0, 2, 3, 4, 10, 100, 190, 368, 80007, 130429, 131000, 131008, 131009, 131014, 131016, 131026, 131031),
    *(131047, 131048, 131049, 131051, 131052, 131053, 131056, 131064, 133016),
    *range(200, 300),
}


def test_the_table_holds_every_documented_code():
    """And none that nobody knows."""
    assert set(ERRORS) == DOCUMENTED


@pytest.mark.parametrize("code", sorted(DOCUMENTED - set(range(201, 300))))
def test_every_known_code_has_its_meaning(code):
    """The agent reads a sentence together with the provider's details."""
    body = {"error": {"code": code, "message": "m", "error_data": {"details": "details of WhatsApp"}}}
    receipt, _ = sent(PART, answer(400, body))
    assert receipt.reason is not None
    assert (receipt.state, receipt.falls_back) == ("not_accepted" if code in LATER else "refused", code in FILES_FAULT)
    assert (receipt.reason.code, receipt.reason.provider_text) == (f"provider_{code}", "details of WhatsApp")
    assert (receipt.reason.sentence, receipt.alarms) == (ERRORS[code].sentence, code in ALARMS)


def test_a_closed_window_tells_the_agent_what_to_wait_for():
    """The rule that surprises everybody once."""
    receipt, _ = sent(PART, answer(400, {"error": {"code": 131047, "message": "Re-engagement message"}}))
    assert receipt.reason is not None
    assert "24 hours" in receipt.reason.sentence


def test_one_file_a_message_and_the_words_with_the_first_that_takes_them():
    """A voice message takes none."""
    files = [PlannedFile("a", "audio/mpeg", 9, "audio"), PlannedFile("b", "image/jpeg", 9, "image")]
    parts = meta.plan(Reply(text="look", expires_at=datetime(2026, 11, 23, tzinfo=UTC)), files, LIMITS)
    assert [(part.text, part.attachments) for part in parts] == [(None, ("a",)), ("look", ("b",))]


def test_words_that_are_too_long_for_a_caption_leave_before_the_file():
    """Nothing is cut."""
    files = [PlannedFile("b", "image/jpeg", 9, "image")]
    parts = meta.plan(Reply(text="w" * 1025, expires_at=datetime(2026, 11, 23, tzinfo=UTC)), files, LIMITS)
    assert [(len(part.text or ""), part.attachments) for part in parts] == [(1025, ()), (0, ("b",))]


def test_messages_cannot_be_looked_up():
    """A status brings the token back instead."""
    assert meta.reconcile(PART, ACCOUNT, Recorder([])) is None
