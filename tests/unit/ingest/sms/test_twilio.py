"""Twilio's payloads, from `tests/payloads/sms/`."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from msgspec.structs import replace as replace_struct

from ingest.incoming import ChannelAccount, Get, InboundMessage, Report, Request, Unparsable
from ingest.sms import twilio
from schemas.attachment import Source
from schemas.message_received import FileAnnounced
from tests.unit.ingest.payloads import payload, read

SID = "AC00000000000000000000000000000000"
URL = "https://door.example/webhooks/sms/twilio"
MEDIA = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages/MM{1:032x}/Media/ME"


def account(address="+15005550006", sid=SID, api_url="https://api.twilio.com", token="12345"):
    return ChannelAccount("acme", "sms", "twilio", address, api_url, {"account_sid": sid, "auth_token": token})


def request(body, *, method="POST", url=URL, **headers):
    return Request(method, url, {"content-type": "application/x-www-form-urlencoded", **headers}, body)


def parse(name, url=URL):
    return twilio.parse(payload("sms", "twilio", url, "application/x-www-form-urlencoded"), read("sms", name))


def test_a_message_with_two_photos():
    """Text, both files in order, and the provider's own id come out of Twilio's form."""
    assert parse("inbound_two_photos_and_text.form").messages == [
        InboundMessage(
            external_id=f"MM{1:032x}",
            address="+15005550006",
            contact="+14155550100",
            text="Look: the crack & the part",
            files=[
                FileAnnounced(source=Source(url=f"{MEDIA}{16:032x}"), declared_media_type="image/jpeg"),
                FileAnnounced(source=Source(url=f"{MEDIA}{17:032x}"), declared_media_type="image/jpeg"),
            ],
        )
    ]


def test_an_empty_body_is_no_text():
    """A photo alone has no text rather than an empty one."""
    (message,) = parse("inbound_photo_without_text.form").messages
    assert message.text is None
    assert len(message.files) == 1


def test_text_in_any_language():
    """Percent-encoded UTF-8, plus signs and percent signs arrive as they were written."""
    assert parse("inbound_text_only.form").messages[0].text == "Grüße 👋 100% + more"


def test_nul_is_dropped():
    """No database keeps it, and the rest of what the customer wrote is worth keeping."""
    (message,) = parse("inbound_text_with_nul.form").messages
    assert (message.text, message.contact_name) == ("Look at this", "Ann")


def test_unknown_parameters_are_ignored():
    """Twilio adds parameters without notice."""
    assert parse("inbound_with_future_parameter.form").messages[0].text == "hi"


@pytest.mark.parametrize("name", ["inbound_fewer_urls_than_promised.form", "inbound_absurd_media_count.form"])
def test_a_payload_that_contradicts_itself_is_unparsable(name):
    """A file that cannot be named is not passed over in silence."""
    with pytest.raises(Unparsable):
        parse(name)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"NumMedia=0"),
        ("application/x-www-form-urlencoded", b"\xff\x00=&&==;"),
        ("application/x-www-form-urlencoded", b"From=1&To=2&MessageSid=3&NumMedia=" + b"9" * 5000),
        ("application/x-www-form-urlencoded", "From=1&To=2&MessageSid=3&NumMedia=²".encode()),
    ],
)
def test_nonsense_is_unparsable(content_type, body):
    """What Twilio does not document is said to be so, and nothing else is raised."""
    with pytest.raises(Unparsable):
        twilio.parse(payload("sms", "twilio", URL, content_type), body)


def test_a_get_webhook_speaks_through_its_query():
    """An account may configure GET; then the parameters stand in the URL."""
    url = f"{URL}?{read('sms', 'inbound_text_only.form').decode()}"
    assert twilio.parse(payload("sms", "twilio", url, ""), b"").messages[0].contact == "+14155550100"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("status_queued.form", "queued"),
        ("status_sending.form", "queued"),
        ("status_sent.form", "sent"),
        ("status_delivered.form", "delivered"),
        ("status_undelivered.form", "failed"),
        ("status_failed.form", "failed"),
    ],
)
def test_statuses_are_mapped(name, status):
    """Twilio's words become ours."""
    assert parse(name).reports[0].status == status


def test_a_callback_names_our_message_by_our_own_token():
    """The token in the callback's URL finds the part even before the send has answered."""
    report = parse("status_delivered.form", f"{URL}/status?message=m1&conversation=c1&part=p1").reports[0]
    assert report == Report(
        external_id=f"MM{33:032x}", status="delivered", conversation="c1", message="m1", part="p1", reason=None
    )


def test_a_known_failure_has_a_sentence_for_the_agent():
    """A listed code says in plain words what happened."""
    reason = parse("status_undelivered.form").reports[0].reason
    assert reason.code == "provider_30007"
    assert "filtered" in reason.sentence


@pytest.mark.parametrize(
    ("name", "falls_back"),
    [("status_undelivered_too_large.form", True), ("status_undelivered.form", False), ("status_delivered.form", False)],
)
def test_a_failure_because_of_the_files_says_that_links_may_leave(name, falls_back):
    """The carrier did not take so large a picture; the words with a link would pass. A filtered message would not."""
    assert parse(name).reports[0].falls_back is falls_back


def test_an_unknown_failure_shows_the_providers_text():
    """Codes get split over time: an unknown one keeps Twilio's own words."""
    reason = parse("status_failed.form").reports[0].reason
    assert (reason.code, reason.provider_text) == ("provider_39999", "A code from the future")


def test_a_failure_with_a_hostile_code_still_has_a_plain_one():
    """Only digits become part of a code."""
    body = read("sms", "status_undelivered.form").replace(b"30007", b"%0Ax")
    report = twilio.parse(payload("sms", "twilio", URL, "application/x-www-form-urlencoded"), body).reports[0]
    assert report.reason.code == "provider_failed"


@pytest.mark.parametrize(
    ("name", "consent"),
    [
        ("inbound_stop.form", "opted_out"),
        ("inbound_start.form", "opted_in"),
        ("inbound_stop_please.form", None),
        ("inbound_help.form", None),
        ("inbound_opt_out_by_own_word.form", "opted_out"),
        ("inbound_opt_in_by_own_word.form", "opted_in"),
        ("inbound_help_by_own_word.form", None),
    ],
)
def test_words_of_leaving_and_returning_are_understood(name, consent):
    """Twilio's default words as a whole message, or whatever words an account taught it."""
    (message,) = parse(name).messages
    assert (message.consent, bool(message.text)) == (consent, True)


def test_a_body_that_arrives_as_base64_is_read():
    """A quirk of long concatenated texts that become an MMS."""
    (message,) = parse("inbound_body_in_base64.form").messages
    assert message.text == "It started yesterday évening: first the light, then the pump, and now nothing moves at all."


@pytest.mark.parametrize(
    "name",
    ["inbound_customer_writes_base64.form", "inbound_short_base64.form", "inbound_base64_by_sms.form"],
)
def test_what_only_looks_like_base64_stays_as_it_is(name):
    """A customer's own key or password is not decoded behind their back."""
    body = dict(parse_qsl(read("sms", name).decode()))["Body"]
    assert parse(name).messages[0].text == body


def test_ten_photos():
    """As many as a message can hold, in the order of their numbers and not of their names."""
    (message,) = parse("inbound_ten_photos.form").messages
    assert [file.source.url for file in message.files] == [f"{MEDIA}{number:032x}" for number in range(100, 110)]


def test_a_number_of_a_messaging_service_speaks_for_the_connection():
    """`To` may be any number of the service; the conversation is with the address that is connected."""
    body = read("sms", "inbound_to_a_messaging_service.form")
    service = replace(account(), options={"messaging_service_sid": "MG" + "1" * 32})
    accounts = [account(address="+15005550007"), service]
    assert twilio.candidates(request(body), accounts) == [service]
    told = replace_struct(payload("sms", "twilio", URL, "application/x-www-form-urlencoded"), address=service.address)
    assert twilio.parse(told, body).messages[0].address == service.address


def test_a_number_of_its_own_goes_before_the_messaging_service():
    """Whoever connected the number itself gets its messages."""
    body = read("sms", "inbound_to_a_messaging_service.form")
    service = replace(account(), options={"messaging_service_sid": "MG" + "1" * 32})
    own = account(address="+15005550008")
    assert twilio.candidates(request(body), [service, own]) == [own]


def test_a_service_of_another_account_is_not_asked():
    """The account SID has to agree as well."""
    service = replace(account(sid="AC1"), options={"messaging_service_sid": "MG" + "1" * 32})
    assert twilio.candidates(request(read("sms", "inbound_to_a_messaging_service.form")), [service]) == []


def test_inbound_candidates_are_chosen_by_account_sid_and_our_number():
    """`To` decides inbound; another SID or another number is another account."""
    accounts = [account(), account(address="+15005550007"), account(sid="AC1")]
    assert twilio.candidates(request(read("sms", "inbound_text_only.form")), accounts) == [accounts[0]]


def test_callback_candidates_are_chosen_by_the_sender():
    """In a callback our number is `From`."""
    accounts = [account(), account(address="+14155550100")]
    assert twilio.candidates(request(read("sms", "status_sent.form")), accounts) == [accounts[0]]


@pytest.mark.parametrize("body", [b"", b"AccountSid=", b"\xff\xfe", b"&".join(b"a%d=" % n for n in range(2000))])
def test_nonsense_has_no_candidates(body):
    """Nobody is claimed by a payload that says nothing."""
    assert twilio.candidates(request(body), [account(), account(sid="")]) == []


@pytest.mark.parametrize("headers", [{}, {"x-twilio-signature": ""}])
def test_a_missing_signature_fails(headers):
    """No header, no entry."""
    assert not twilio.verify(request(b"", **headers), account())


def test_an_account_without_a_token_verifies_nothing():
    """An empty key would let anyone sign."""
    assert not twilio.verify(request(b"", **{"x-twilio-signature": "AAAA"}), account(token=""))


def test_the_answer_is_empty_twiml():
    """Anything but text/xml is an error to Twilio."""
    answer = twilio.answer(request(b""))
    assert (answer.status, answer.media_type, answer.body) == (200, "text/xml", b"<Response/>")


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://api.twilio.com/x", True),
        ("https://media.twilio.com/x", True),
        ("https://twilio.com/x", True),
        ("https://TWILIO.com/x", True),
        ("http://127.0.0.1:9000/x", True),
        ("http://api.twilio.com/x", False),
        ("https://api.twilio.com:8443/x", False),
        ("https://twilio.com.evil.test/x", False),
        ("https://eviltwilio.com/x", False),
        ("https://api.twilio.com@evil.test/x", False),
        ("http://127.0.0.1:9001/x", False),
        ("https://127.0.0.1:9000/x", False),
        ("http://127.0.0.1:99999/x", False),
        ("https://s3.example/x", False),
    ],
)
def test_credentials_go_to_twilio_alone(url, trusted):
    """Basic auth rides to Twilio's hosts and to the configured API, to nobody else."""
    steps = twilio.download(Source(url=url), account(api_url="http://127.0.0.1:9000"))
    with pytest.raises(StopIteration) as done:
        next(steps)
    assert done.value.value == Get(url=url, basic=(SID, "12345") if trusted else None)


def test_every_payload_file_is_used():
    """No orphan: each sample is either parsed or refused by a test of this file."""
    source = Path(__file__).read_text()
    samples = {path.name for path in (Path(__file__).parents[3] / "payloads" / "sms").glob("*.form")}
    assert {name for name in samples if name not in source} == set()
