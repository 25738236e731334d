"""What we ask of Twilio, and what its answers mean."""

import json
from collections.abc import Sequence

import pytest

from deliver.outgoing import NoAnswer, NotSent, OutgoingFile, OutgoingPart, ProviderAnswer
from deliver.sms import twilio
from ingest.incoming import ChannelAccount

ACCOUNT = ChannelAccount(
    account="acme",
    channel="sms",
    provider="twilio",
    address="+15005550006",
    api_url="https://api.twilio.com",
    credentials={"account_sid": "AC1", "auth_token": "secret"},
)
FILE = OutgoingFile("a1", "https://media.example/x.jpg", "image/jpeg", 1000, "x.jpg")
PART = OutgoingPart(
    id="p1",
    message="m1",
    conversation="c1",
    address="+15005550006",
    contact="+15551230000",
    text="Here it is",
    files=[FILE, FILE],
    callback_url="https://gate.example/cb?part=p1",
)


class Recorder:
    """Answers what it was told to and keeps what it was asked."""

    def __init__(self, answer: ProviderAnswer | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, list[tuple[str, str]], tuple[str, str] | None]] = []

    def post_form(
        self, url: str, fields: Sequence[tuple[str, str]], *, basic: tuple[str, str] | None = None
    ) -> ProviderAnswer:
        self.asked.append((url, list(fields), basic))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def get(self, url: str, *, basic: tuple[str, str] | None = None) -> ProviderAnswer:
        raise NotImplementedError


def answer(status: int, body: object, **headers: str) -> ProviderAnswer:
    return ProviderAnswer(status, headers, json.dumps(body).encode())


def test_a_send_names_both_numbers_the_text_every_file_and_where_to_report():
    """The form is the one that the Messages endpoint documents, with MediaUrl repeated."""
    client = Recorder(answer(201, {"sid": "MM1", "status": "queued"}))
    receipt = twilio.send(PART, ACCOUNT, client)
    assert (receipt.state, receipt.external_id) == ("accepted", "MM1")
    assert client.asked == [
        (
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
            [
                ("To", "+15551230000"),
                ("From", "+15005550006"),
                ("StatusCallback", "https://gate.example/cb?part=p1"),
                ("Body", "Here it is"),
                ("MediaUrl", "https://media.example/x.jpg"),
                ("MediaUrl", "https://media.example/x.jpg"),
            ],
            ("AC1", "secret"),
        )
    ]


@pytest.mark.parametrize(
    ("error", "state"), [(NotSent("refused"), "not_accepted"), (NoAnswer("timed out"), "ambiguous")]
)
def test_silence_is_a_doubt_and_a_closed_door_is_not(error, state):
    """Only a request that surely did not arrive may be sent again."""
    assert state == twilio.send(PART, ACCOUNT, Recorder(error)).state


@pytest.mark.parametrize("code", sorted(twilio.ERRORS))
def test_every_known_code_has_its_meaning(code):
    """The table decides, and the agent reads a sentence together with Twilio's own words."""
    receipt = twilio.outcome(answer(400, {"code": code, "message": "words of Twilio"}))
    meaning = twilio.ERRORS[code]
    assert (meaning.state, f"provider_{code}", meaning.sentence, "words of Twilio") == (
        receipt.state,
        receipt.reason.code,
        receipt.reason.sentence,
        receipt.reason.provider_text,
    )


def test_an_unknown_code_is_permanent_and_shows_the_providers_text():
    """Codes get split over time; a new one is never retried blindly."""
    receipt = twilio.outcome(answer(400, {"code": 99999, "message": "something new"}))
    assert (
        receipt.state,
        receipt.reason.code,
        receipt.reason.provider_text,
    ) == ("refused", "provider_99999", "something new")


def test_a_throttle_says_when_to_come_back():
    """429 means that the request was not looked at; Retry-After is honored."""
    receipt = twilio.outcome(answer(429, {"code": 20429, "message": "Too Many Requests"}, **{"retry-after": "7"}))
    assert (receipt.state, receipt.retry_after_seconds) == ("not_accepted", 7.0)


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (500, b'{"code": 20500, "message": "Internal Server Error"}', "not_accepted"),
        (503, b'{"code": 20503, "message": "Service unavailable"}', "not_accepted"),
        (502, b"<html>Bad Gateway</html>", "ambiguous"),
        (504, b"", "ambiguous"),
        (429, b"", "not_accepted"),
        (404, b"nope", "refused"),
        (201, b"not json", "ambiguous"),
        (201, b"{}", "ambiguous"),
    ],
)
def test_a_failure_is_a_doubt_unless_twilio_itself_words_it(status, body, state):
    """A gateway in between can fail after Twilio has taken the message."""
    assert state == twilio.outcome(ProviderAnswer(status, {}, body)).state
