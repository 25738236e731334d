"""Telnyx's payloads, from `tests/payloads/sms/telnyx_*.json`."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace as replace_struct

from ingest.incoming import ChannelAccount, Get, InboundMessage, Report, Request, Unparsable
from ingest.sms import telnyx
from schemas.attachment import Source
from schemas.message_received import FileAnnounced
from tests.unit.ingest.payloads import RECEIVED_AT, payload, read

URL = "https://door.example/webhooks/sms/telnyx"
OURS, CUSTOMER = "+15005550106", "+14155550100"
KEY, RIVAL_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
MESSAGE = "7ee4241c-f127-47e5-9c34-3aac291f8058"
SAID_AT = datetime(2026, 11, 22, 11, 59, 58, 574_000, tzinfo=UTC)
STAMP = str(int(RECEIVED_AT.timestamp()))
BODY = read("sms", "telnyx_text_only.json")


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def account(address=OURS, key=KEY):
    credentials = {"api_key": "KEY1", "public_key": public(key) if key else ""}
    return ChannelAccount("acme", "sms", "telnyx", address, "https://api.telnyx.com", credentials)


def signature(body=BODY, stamp=STAMP, key=KEY) -> str:
    return base64.b64encode(key.sign(stamp.encode() + b"|" + body)).decode()


def request(body=BODY, *, stamp=STAMP, claimed=None, received_at=RECEIVED_AT):
    headers = {
        "telnyx-timestamp": stamp,
        "telnyx-signature-ed25519": signature(body, stamp) if claimed is None else claimed,
    }
    return Request("POST", URL, {name: value for name, value in headers.items() if value}, body, received_at)


def parse(name, url=URL, **others):
    told = replace_struct(payload("sms", "telnyx", url, "application/json"), **others)
    return telnyx.parse(told, read("sms", name))


def file(number):
    url = f"https://media.example/mms/{number}.jpg?sig=abc%2F{number}#sha256={number:064x}"
    return FileAnnounced(source=Source(url=url), declared_media_type="image/jpeg")


def test_a_message_with_two_photos():
    """Text, subject, both files in order with their digests, and when it was written."""
    assert parse("telnyx_two_photos_and_text.json").messages == [
        InboundMessage(
            external_id=MESSAGE,
            address=OURS,
            contact=CUSTOMER,
            text="Look: the crack & the part",
            subject="Crack",
            sent_at=SAID_AT,
            files=[file(16), file(17)],
        )
    ]


def test_text_in_any_language():
    """As it was written."""
    assert parse("telnyx_text_only.json").messages[0].text == "Grüße 👋 100% + more"


def test_nul_is_dropped():
    """No database keeps it."""
    assert parse("telnyx_text_with_nul.json").messages[0].text == "Look at this"


def test_stop_opts_out():
    """The carriers' words, whoever carries them."""
    assert parse("telnyx_stop.json").messages[0].consent == "opted_out"


def test_a_message_to_two_of_our_numbers_is_one_for_each():
    """Each connection that is meant gets its own."""
    body = read("sms", "telnyx_group_of_two_numbers.json")
    accounts = [account(), account("+15005550107"), account("+15005550108")]
    assert telnyx.candidates(request(body), accounts) == accounts[:2]
    parsed = parse("telnyx_group_of_two_numbers.json", address="+15005550107")
    assert [message.address for message in parsed.messages] == ["+15005550107"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("telnyx_sent.json", "sent"),
        ("telnyx_delivered.json", "delivered"),
        ("telnyx_unconfirmed.json", "sent"),
        ("telnyx_filtered.json", "failed"),
        ("telnyx_unknown_failure.json", "failed"),
    ],
)
def test_statuses_are_mapped(name, status):
    """Telnyx's words become ours; a delivery that nobody confirms is no more than sent."""
    assert parse(name).reports[0].status == status


def test_a_report_names_our_message_by_our_own_token():
    """The token in the webhook's URL finds the part even before the send has answered."""
    (report,) = parse("telnyx_delivered.json", f"{URL}/status?message=m1&conversation=c1&part=p1").reports
    assert report == Report(
        external_id=MESSAGE, status="delivered", conversation="c1", message="m1", part="p1", occurred_at=SAID_AT
    )


@pytest.mark.parametrize(
    ("name", "code", "text", "falls_back"),
    [
        ("telnyx_filtered.json", "provider_40002", "The message was flagged by a SPAM filter", False),
        ("telnyx_too_large.json", "provider_40302", "Message too large", True),
        ("telnyx_unknown_failure.json", "provider_49999", "A code from the future", False),
        ("telnyx_failure_without_code.json", "provider_failed", "Strange", False),
    ],
)
def test_a_failure_has_a_code_a_sentence_and_the_providers_words(name, code, text, falls_back):
    """Known or not; and whether the words with links may still leave."""
    (report,) = parse(name).reports
    assert report.reason is not None
    assert (report.reason.code, report.falls_back) == (code, falls_back)
    assert (report.reason.provider_text or "").startswith(text)
    assert report.reason.sentence.endswith(".")


def test_events_of_other_kinds_are_nothing_to_show():
    """They are answered all the same, but nobody is meant."""
    assert parse("telnyx_new_kind_of_event.json").messages == ()
    assert telnyx.candidates(request(read("sms", "telnyx_new_kind_of_event.json")), [account()]) == []


@pytest.mark.parametrize("name", ["telnyx_message_to_nobody.json", "telnyx_media_without_a_url.json"])
def test_a_payload_that_contradicts_itself_is_unparsable(name):
    """A file or a recipient that cannot be named is not passed over in silence."""
    with pytest.raises(Unparsable):
        parse(name)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"\xff", b'{"data":{"event_type":"message.received","payload":{"id":1}}}', b"[" * 9999]
)
def test_nonsense_is_unparsable_and_for_nobody(body):
    """Nothing else is raised, whatever stands in it."""
    told = payload("sms", "telnyx", URL, "application/json")
    assert telnyx.candidates(request(body), [account()]) == []
    with pytest.raises(Unparsable):
        telnyx.parse(told, body)


def test_reports_are_for_the_number_that_sent():
    """In a report our number is `from`."""
    accounts = [account(), account(CUSTOMER)]
    assert telnyx.candidates(request(read("sms", "telnyx_sent.json")), accounts) == [accounts[0]]


@pytest.mark.parametrize(
    ("call", "genuine"),
    [
        pytest.param(request(), True, id="right"),
        pytest.param(request(claimed=""), False, id="missing"),
        pytest.param(request(stamp="", claimed=signature()), False, id="without a time"),
        pytest.param(request(claimed=signature(key=RIVAL_KEY)), False, id="another key"),
        pytest.param(request(claimed="AAAA"), False, id="too short"),
        pytest.param(request(claimed="not base64 at all!"), False, id="no signature at all"),
        pytest.param(request(BODY + b" ", claimed=signature()), False, id="altered body"),
        pytest.param(request(stamp=str(int(STAMP) + 1), claimed=signature()), False, id="altered time"),
        pytest.param(request(received_at=RECEIVED_AT + timedelta(seconds=300)), True, id="five minutes old"),
        pytest.param(request(received_at=RECEIVED_AT + timedelta(seconds=301)), False, id="replayed later"),
        pytest.param(request(received_at=RECEIVED_AT - timedelta(seconds=301)), False, id="from the future"),
        pytest.param(request(stamp="٣"), False, id="digits of another script"),
        pytest.param(request(stamp="-5"), False, id="before all time"),
        pytest.param(request(stamp="9" * 400), False, id="after all time"),
        pytest.param(request(received_at=None), False, id="received at no time"),
    ],
)
def test_only_a_fresh_signature_of_the_whole_body_counts(call, genuine):
    """Ed25519 over the time and the raw body; five minutes of tolerance."""
    assert telnyx.verify(call, account()) is genuine


@pytest.mark.parametrize("key", ["", "AAAA", "no base64!"])
def test_an_account_without_a_usable_key_verifies_nothing(key):
    """Nothing is let in by mistake."""
    broken = replace(account(), credentials={"public_key": key})
    assert not telnyx.verify(request(), broken)


def test_the_answer_is_short():
    """It is due within two seconds."""
    answer = telnyx.answer(request())
    assert (answer.status, answer.body, telnyx.challenge(request(), account())) == (200, b"{}", None)


@pytest.mark.parametrize(
    ("url", "get"),
    [
        ("https://media.example/1?sig=x#sha256=" + "a" * 64, Get("https://media.example/1?sig=x", sha256="a" * 64)),
        ("https://media.example/1?sig=x", Get("https://media.example/1?sig=x")),
        ("https://media.example/1#other", Get("https://media.example/1")),
    ],
)
def test_the_digest_rides_to_the_download(url, get):
    """In the fragment of the URL, which is never sent; no credentials go anywhere."""
    with pytest.raises(StopIteration) as done:
        next(telnyx.download(Source(url=url), account()))
    assert done.value.value == get


@pytest.mark.parametrize("name", ["telnyx_photo_without_digest.json", "telnyx_photo_with_a_digest_that_is_none.json"])
def test_a_digest_that_is_none_is_not_checked(name):
    """The file is worth more than the formality."""
    (message,) = parse(name).messages
    assert message.files[0].source.url == "https://media.example/mms/1.jpg?sig=abc%2F1"


def test_every_payload_file_is_used():
    """No orphan: each sample is either parsed or refused by a test of this file."""
    source = Path(__file__).read_text()
    samples = {path.name for path in (Path(__file__).parents[3] / "payloads" / "sms").glob("telnyx_*.json")}
    assert {name for name in samples if name not in source} == set()
