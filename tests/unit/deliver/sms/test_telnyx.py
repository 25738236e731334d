"""What we ask of Telnyx, and what its answers mean."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deliver.outgoing import NoAnswer, NotSent, OutgoingFile, OutgoingLink, OutgoingPart, ProviderAnswer
from deliver.sms import telnyx
from deliver.sms.telnyx_errors import ERRORS
from ingest.incoming import ChannelAccount

ACCOUNT = ChannelAccount(
    account="acme",
    channel="sms",
    provider="telnyx",
    address="+15005550106",
    api_url="https://api.telnyx.com",
    credentials={"api_key": "KEY1", "public_key": "x"},
)
PART = OutgoingPart(
    id="p1",
    message="m1",
    conversation="c1",
    address="+15005550106",
    contact="+15551230000",
    text="Here it is",
    files=[OutgoingFile("a1", "https://media.example/x.jpg", "image/jpeg", 1000, "x.jpg")],
    callback_url="https://gate.example/cb?part=p1",
)
LINK = OutgoingLink("https://gate.example/m.pdf", "m.pdf", 700_000, datetime(2026, 11, 29, tzinfo=UTC))
CREATED = b'{"data": {"id": "u1", "to": [{"status": "queued"}]}}'


class Recorder:
    """Answers what it was told to and keeps what it was asked."""

    def __init__(self, answer: ProviderAnswer | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, object, str | None]] = []

    def post_json(self, url: str, document: object, *, bearer: str | None = None) -> ProviderAnswer:
        self.asked.append((url, document, bearer))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def failure(code, status=400, **headers):
    errors = [{"code": str(code), "title": "Title", "detail": "words of Telnyx"}]
    return ProviderAnswer(status, headers, json.dumps({"errors": errors}).encode())


def test_a_send_is_one_json_document_with_text_and_media():
    """As the messages endpoint documents it, with our own webhook for its reports."""
    client = Recorder(ProviderAnswer(200, {}, CREATED))
    receipt = telnyx.send(PART, ACCOUNT, client)
    assert (receipt.state, receipt.external_id) == ("accepted", "u1")
    assert client.asked == [
        (
            "https://api.telnyx.com/v2/messages",
            {
                "from": "+15005550106",
                "to": "+15551230000",
                "text": "Here it is",
                "media_urls": ["https://media.example/x.jpg"],
                "type": "MMS",
                "webhook_url": "https://gate.example/cb?part=p1",
            },
            "KEY1",
        )
    ]


def test_words_with_a_link_are_an_sms():
    """No media, no MMS; the link stands in the text."""
    client = Recorder(ProviderAnswer(200, {}, CREATED))
    telnyx.send(replace(PART, files=[], links=[LINK]), ACCOUNT, client)
    ((_, document, _),) = client.asked
    assert document == {
        "from": "+15005550106",
        "to": "+15551230000",
        "text": "Here it is\n\nm.pdf (0.7 MB, until 2026-11-29): https://gate.example/m.pdf",
        "type": "SMS",
        "webhook_url": "https://gate.example/cb?part=p1",
    }


def test_a_photo_without_words_has_no_text():
    """Rather than an empty one."""
    client = Recorder(ProviderAnswer(200, {}, CREATED))
    telnyx.send(replace(PART, text=None), ACCOUNT, client)
    ((_, document, _),) = client.asked
    assert isinstance(document, dict)
    assert "text" not in document


@pytest.mark.parametrize(
    ("error", "state"), [(NotSent("refused"), "not_accepted"), (NoAnswer("timed out"), "ambiguous")]
)
def test_silence_is_a_doubt_and_a_closed_door_is_not(error, state):
    """Only a request that surely did not arrive may be sent again."""
    assert state == telnyx.send(PART, ACCOUNT, Recorder(error)).state


LATER = {10007, 10011, 40011, 40318}
FALLS_BACK = {10003, 40302, 40317, 40319}
ALARMS = {10003, 10004, 10005, 10009, 10010, 10015, 40003, 40013}


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_known_code_has_its_meaning(code):
    """Retried, refused, replaced by links or reported to an administrator; the agent reads a sentence and the words."""
    receipt = telnyx.outcome(failure(code))
    assert receipt.state == ("not_accepted" if code in LATER else "refused")
    assert (receipt.falls_back, receipt.alarms) == (code in FALLS_BACK, code in ALARMS)
    assert (receipt.reason.code, receipt.reason.provider_text) == (f"provider_{code}", "words of Telnyx")
    assert receipt.reason.sentence.endswith(".")


def test_the_table_of_this_test_names_no_code_that_is_not_known():
    """A typo here would test nothing."""
    assert ERRORS.keys() >= LATER | FALLS_BACK | ALARMS


def test_an_unknown_code_is_permanent_and_shows_the_providers_text():
    """A new one is never retried blindly."""
    receipt = telnyx.outcome(failure(49999))
    assert (receipt.state, receipt.reason.code, receipt.reason.provider_text) == (
        "refused",
        "provider_49999",
        "words of Telnyx",
    )


def test_a_throttle_says_when_to_come_back():
    """Retry-After is honored."""
    receipt = telnyx.outcome(failure(10011, 429, **{"retry-after": "7"}))
    assert (receipt.state, receipt.retry_after_seconds) == ("not_accepted", 7.0)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (failure(10007, 500), "not_accepted"),
        (failure(40302, 503), "not_accepted"),
        (ProviderAnswer(502, {}, b"<html>Bad Gateway</html>"), "ambiguous"),
        (ProviderAnswer(504, {}, b""), "ambiguous"),
        (ProviderAnswer(429, {}, b""), "not_accepted"),
        (ProviderAnswer(404, {}, b"nope"), "refused"),
        (ProviderAnswer(400, {}, b'{"errors": []}'), "refused"),
        (ProviderAnswer(400, {}, b'{"errors": [{"code": "x"}]}'), "refused"),
        (ProviderAnswer(200, {}, b"not json"), "ambiguous"),
        (ProviderAnswer(200, {}, b"{}"), "ambiguous"),
    ],
)
def test_a_failure_is_a_doubt_unless_telnyx_itself_words_it(answer, state):
    """A gateway in between can fail after Telnyx has taken the message."""
    assert state == telnyx.outcome(answer).state


def test_telnyx_cannot_be_asked_what_became_of_a_send():
    """It knows messages by its own ids alone."""
    assert telnyx.reconcile(PART, ACCOUNT, Recorder(NoAnswer("never asked"))) is None
