"""What we ask of Twilio, and what its answers mean."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deliver.outgoing import NoAnswer, NotSent, OutgoingFile, OutgoingLink, OutgoingPart, ProviderAnswer
from deliver.sms import twilio
from deliver.sms.twilio_errors import ERRORS
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
LINK = OutgoingLink(
    "https://gate.example/media/x/manual.pdf", "manual.pdf", 700_000, datetime(2026, 11, 29, tzinfo=UTC)
)
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


TRIED_AT = datetime(2026, 11, 22, 12, 0, 0, 700_000, tzinfo=UTC)


class Recorder:
    """Gives its answers in order, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: ProviderAnswer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, list[tuple[str, str]], tuple[str, str] | None]] = []

    def post_form(
        self, url: str, fields: Sequence[tuple[str, str]], *, basic: tuple[str, str] | None = None
    ) -> ProviderAnswer:
        return self._answer(url, list(fields), basic)

    def get(self, url: str, *, basic: tuple[str, str] | None = None) -> ProviderAnswer:
        return self._answer(url, [], basic)

    def _answer(self, url: str, fields: list[tuple[str, str]], basic: tuple[str, str] | None) -> ProviderAnswer:
        self.asked.append((url, fields, basic))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


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


def test_a_connection_may_send_through_a_messaging_service():
    """Twilio then picks the number; ours is not named."""
    client = Recorder(answer(201, {"sid": "SM1", "status": "accepted"}))
    service = replace(ACCOUNT, options={"messaging_service_sid": "MG1"})
    assert twilio.send(PART, service, client).external_id == "SM1"
    fields = dict(client.asked[0][1])
    assert (fields["MessagingServiceSid"], "From" in fields) == ("MG1", False)


def test_a_file_that_leaves_as_a_link_stands_in_the_words():
    """The customer reads the text, then what the link opens and until when."""
    client = Recorder(answer(201, {"sid": "SM1"}))
    twilio.send(replace(PART, files=[], links=[LINK]), ACCOUNT, client)
    assert dict(client.asked[0][1])["Body"] == (
        "Here it is\n\nmanual.pdf (0.7 MB, until 2026-11-29): https://gate.example/media/x/manual.pdf"
    )


LATER, NEVER = "not_accepted", "refused"
FALLS_BACK, ALARMS = "falls back", "alarms"

MEANINGS = {
    11200: (NEVER, FALLS_BACK, ALARMS),
    11751: (NEVER, FALLS_BACK),
    12300: (NEVER, FALLS_BACK, ALARMS),
    20003: (NEVER, ALARMS),
    20429: (LATER,),
    21211: (NEVER,),
    21408: (NEVER, ALARMS),
    21606: (NEVER,),
    21610: (NEVER,),
    21611: (LATER,),
    21612: (NEVER,),
    21614: (NEVER,),
    21617: (NEVER,),
    21620: (NEVER, FALLS_BACK, ALARMS),
    21621: (NEVER, FALLS_BACK),
    21622: (NEVER, FALLS_BACK),
    21623: (NEVER,),
    21658: (NEVER,),
    30001: (LATER,),
    30002: (NEVER, ALARMS),
    30003: (NEVER,),
    30004: (NEVER,),
    30005: (NEVER,),
    30006: (NEVER,),
    30007: (NEVER,),
    30008: (NEVER,),
    30011: (NEVER, FALLS_BACK),
    30019: (NEVER, FALLS_BACK),
    30022: (LATER,),
    30032: (NEVER, ALARMS),
    30034: (NEVER, ALARMS),
    30036: (NEVER,),
    30410: (NEVER,),
    63005: (NEVER,),
    63016: (NEVER,),
    63018: (LATER,),
    63019: (NEVER, FALLS_BACK, ALARMS),
    63021: (NEVER,),
    63024: (NEVER,),
}
"""What each code leads to, as Twilio documents it: https://www.twilio.com/docs/api/errors, read 2026-11-22."""


@pytest.mark.parametrize("code", sorted(MEANINGS.keys() | ERRORS.keys()))
def test_every_known_code_has_its_meaning(code):
    """Retried, refused, replaced by links or reported to an administrator; the agent reads a sentence and the words."""
    receipt = twilio.outcome(answer(400, {"code": code, "message": "words of Twilio"}))
    state, *more = MEANINGS[code]
    assert (receipt.state, receipt.falls_back, receipt.alarms) == (state, FALLS_BACK in more, ALARMS in more)
    assert (receipt.reason.code, receipt.reason.provider_text) == (f"provider_{code}", "words of Twilio")
    assert receipt.reason.sentence.endswith((".", "!"))


def test_a_media_url_that_twilio_could_not_use_is_tried_once_more():
    """No message was made, so a second try is harmless; then the words with links may leave."""
    refusal = answer(400, {"code": 21620, "message": "Invalid media URL(s)"})
    client = Recorder(refusal, answer(201, {"sid": "MM1"}))
    assert twilio.send(PART, ACCOUNT, client).state == "accepted"
    client = Recorder(refusal)
    receipt = twilio.send(PART, ACCOUNT, client)
    assert (receipt.state, receipt.falls_back, len(client.asked)) == ("refused", True, 2)


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


def listed(sid="MM1", **others):
    return {
        "sid": sid,
        "body": "Here it is",
        "num_media": "2",
        "direction": "outbound-api",
        "date_created": "Sun, 22 Nov 2026 12:00:00 +0000",
        **others,
    }


def reconciled(*messages, part=PART):
    client = Recorder(answer(200, {"messages": list(messages)}))
    return twilio.reconcile(replace(part, tried_at=TRIED_AT), ACCOUNT, client), client


def test_the_only_message_that_can_be_ours_settles_a_doubt():
    """Same customer, same words, as many files, not older than the attempt."""
    older = listed("MM0", date_created="Sun, 22 Nov 2026 11:59:59 +0000")
    receipt, client = reconciled(listed(), older, listed("MM2", body="else"), listed("MM3", num_media="1"))
    assert (receipt.state, receipt.external_id) == ("accepted", "MM1")
    ((url, _, basic),) = client.asked
    assert url == (
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
        "?To=%2B15551230000&From=%2B15005550006&DateSent%3E=2026-11-22&PageSize=50"
    )
    assert basic == ("AC1", "secret")


def test_a_link_that_was_signed_anew_is_still_the_same_message():
    """The words agree up to the first link."""
    part = replace(PART, files=[], links=[LINK])
    receipt, _ = reconciled(
        listed(body="Here it is\n\nmanual.pdf (0.7 MB, until 2026-11-29): https://gate.example/y", num_media="0"),
        part=part,
    )
    assert receipt.external_id == "MM1"


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [listed("MM1"), listed("MM2")],
        [listed(body="else")],
        [listed(num_media="0")],
        [listed(direction="inbound")],
        [listed(date_created="Sun, 22 Nov 2026 11:59:59 +0000")],
        [listed(date_created="yesterday")],
        [listed(date_created="Sun, 22 Nov 2026 12:00:00 -0000")],
        [listed(f"MM{number}", body=str(number)) for number in range(49)] + [listed()],
    ],
)
def test_a_list_that_leaves_room_for_doubt_settles_nothing(messages):
    """None, two, another's words, an older one, or more than a page can show."""
    assert reconciled(*messages)[0] is None


@pytest.mark.parametrize("answers", [NotSent("refused"), NoAnswer("timed out"), answer(401, {}), answer(200, {"x": 1})])
def test_a_list_that_cannot_be_read_settles_nothing(answers):
    """The status callback will."""
    assert twilio.reconcile(replace(PART, tried_at=TRIED_AT), ACCOUNT, Recorder(answers)) is None


def test_without_the_time_of_the_attempt_nothing_is_asked():
    """An older message with the same words would be taken for ours."""
    assert twilio.reconcile(PART, ACCOUNT, Recorder(NoAnswer("never asked"))) is None
