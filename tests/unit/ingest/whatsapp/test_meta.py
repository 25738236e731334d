"""WhatsApp's webhooks, from `tests/payloads/whatsapp/`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from ingest.incoming import ChannelAccount, InboundMessage, Report, Request, Unparsable, Withdrawal
from ingest.whatsapp import meta
from schemas.attachment import Source
from schemas.message_received import FileAnnounced
from tests.unit.ingest.payloads import RECEIVED_AT, payload, read

URL = "https://door.example/webhooks/whatsapp/meta"
NUMBER = "+15550783881"
WAMID = "wamid.HBgLMTQxNTU1NTAxMDAVAgASGBQzQUFERjg0NDEzNDdFODU3MUMx"
SECRETS = {"app_secret": "hush", "access_token": "t", "verify_token": "v"}
PHOTO = Source(reference="2754859441498128", expires_at=RECEIVED_AT + timedelta(days=7))
AT = datetime(2025, 12, 1, 12, 1, 40, tzinfo=UTC)


def account(address=NUMBER, **options):
    return ChannelAccount("acme", "whatsapp", "meta", address, "https://graph.facebook.com", SECRETS, options)


def parse(name, address=NUMBER):
    written = msgspec.structs.replace(payload("whatsapp", "meta", URL, "application/json"), address=address)
    return meta.parse(written, read("whatsapp", f"{name}.json"))


def only(name):
    (message,) = parse(name).messages
    return message


def posted(body):
    return Request("POST", URL, {}, body)


def test_a_text_names_the_customer_as_agents_know_phone_numbers():
    """With a plus; the name is the one of the customer's profile."""
    message = only("text")
    assert replace(message, missing=()) == InboundMessage(
        external_id=f"{WAMID}01",
        address=NUMBER,
        contact="+14155550100",
        contact_name="Kim Doe",
        text="Grüße 👋 100% + more",
        sent_at=datetime(2025, 12, 1, 12, tzinfo=UTC),
    )
    assert list(message.missing) == []


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("image_with_caption", FileAnnounced(source=PHOTO, declared_media_type="image/jpeg"), "It came broken"),
        ("video", FileAnnounced(source=PHOTO, declared_media_type="video/mp4"), None),
        ("voice_note", FileAnnounced(source=PHOTO, declared_media_type="audio/ogg", role="voice"), None),
        ("audio_file", FileAnnounced(source=PHOTO, declared_media_type="audio/mpeg"), None),
        ("sticker", FileAnnounced(source=PHOTO, declared_media_type="image/webp", role="sticker"), None),
        (
            "document",
            FileAnnounced(source=PHOTO, declared_media_type="application/pdf", file_name="Rechnung März.pdf"),
            "the invoice",
        ),
    ],
)
def test_a_file_is_known_by_its_media_id_for_seven_days(name, file, text):
    """The URL beside the id dies after minutes and is left aside; parameters of the type, too."""
    message = only(name)
    assert (message.text, [*message.files, *message.missing]) == (text, [file])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "location",
            "Eiffel Tower\nAv. Gustave Eiffel, Paris\nhttps://maps.google.com/?q=48.858373,2.292292",
        ),
        ("contacts", "Alex Roe: +1 415 555 0199, alex@example.com"),
        ("button", "Yes, please"),
        ("interactive_list_reply", "Returns\nSend something back"),
        ("interactive_button_reply", "Change my order"),
        ("interactive_form", 'Sent\n{"size":"42"}'),
        ("reaction", "👍"),
        ("order", "For Friday\n2 x SKU-7, 5.5 EUR\n1 x SKU-8"),
        ("system_number_changed", "Kim Doe changed from 14155550100 to 14155550101"),
        ("edit", "Edited:\nI meant Friday"),
        ("text_with_nul", "Look at this"),
    ],
)
def test_what_is_no_file_reads_as_words(name, text):
    """An agent sees what the customer did."""
    message = only(name)
    assert (message.text, [*message.files, *message.missing]) == (text, [])


@pytest.mark.parametrize(
    ("name", "answered"),
    [("reply_to_our_message", "90"), ("button", "90"), ("reaction", "90"), ("edit", "01"), ("text", None)],
)
def test_what_a_message_is_about_is_kept(name, answered):
    """A quoted message, a reaction's, the original of an edit."""
    assert only(name).in_reply_to == (answered and WAMID + answered)


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("unsupported", "provider_131051", "Message type is currently not supported."),
        ("media_too_large", "provider_131052", "File size exceeds the limit."),
        ("type_of_the_future", "provider_131051", "hologram"),
        ("media_without_an_id", "message_unreadable", None),
    ],
)
def test_what_whatsapp_keeps_for_itself_shows_as_missing(name, code, words):
    """A card with a reason, and the provider's own words."""
    (missing,) = only(name).missing
    assert (missing.reason.code, missing.reason.provider_text) == (code, words)


def test_a_caption_without_its_file_is_kept():
    """What the customer wrote is worth showing."""
    assert only("media_without_an_id").text == "look"


@pytest.mark.parametrize("name", ["reaction_taken_back", "status_deleted", "news_about_a_template"])
def test_what_says_nothing_shows_nothing(name):
    """No empty message in the thread."""
    parsed = parse(name)
    assert (parsed.messages, parsed.reports, parsed.withdrawals) == ([], [], [])


def test_a_message_that_the_customer_deleted_is_withdrawn():
    """By the id of the original."""
    sent = datetime(2025, 12, 1, 12, tzinfo=UTC)
    assert parse("revoke").withdrawals == [Withdrawal(f"{WAMID}01", NUMBER, "+14155550100", sent)]


def test_a_customer_without_a_phone_number_is_known_by_the_id_that_meta_gives():
    """Answers go there."""
    message = only("customer_without_a_phone_number")
    assert (message.contact, message.contact_name) == ("US.13491208655302741918", "Kim Doe")


def test_an_id_where_a_number_should_be_gets_no_plus():
    """Whatever field it comes in."""
    body = read("whatsapp", "text.json").replace(b'"from": "14155550100"', b'"from": "US.1349"')
    (message,) = meta.parse(payload("whatsapp", "meta", URL, "application/json"), body).messages
    assert message.contact == "US.1349"


def test_milliseconds_are_seen_for_what_they_are():
    """They are not documented, and occur."""
    assert only("timestamp_in_milliseconds").sent_at == datetime(2025, 12, 1, 12, 0, 0, 123000, tzinfo=UTC)


def test_all_of_a_post_is_read_but_what_is_for_another_number():
    """Entries, changes, messages and statuses: every list may hold many."""
    parsed = parse("several_in_one_post")
    assert [message.external_id[-2:] for message in parsed.messages] == ["01", "02", "04"]
    assert [report.status for report in parsed.reports] == ["delivered"]


def test_the_other_number_finds_its_own_in_the_same_post():
    """And nothing else: it may be another tenant's."""
    parsed = parse("several_in_one_post", "+1 (555) 078-3999")
    assert ([one.text for one in parsed.messages], parsed.reports) == (["for another number"], [])


def test_an_address_may_be_the_numbers_id():
    """Then that is what the message is for."""
    assert [one.address for one in parse("text", "106540352242922").messages] == ["106540352242922"]


def test_a_broken_message_does_not_take_its_neighbors_along():
    """It shows as unreadable beside them."""
    parsed = parse("a_broken_message_beside_a_good_one")
    assert [(one.text, [missing.reason.code for missing in one.missing]) for one in parsed.messages] == [
        (None, ["message_unreadable"]),
        ("good", []),
    ]
    assert [report.status for report in parsed.reports] == ["sent"]


@pytest.mark.parametrize(
    "body",
    [
        read("whatsapp", "a_message_without_a_sender.json"),
        b"",
        b"[]",
        b'{"object":"page","entry":[]}',
        b"\xff",
        b"[" * 100_000,
        b'{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":7}]}]}',
    ],
)
def test_nonsense_is_unparsable(body):
    """It is said to be so, and nothing else is raised."""
    with pytest.raises(Unparsable):
        meta.parse(payload("whatsapp", "meta", URL, "application/json"), body)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("status_sent", "sent"),
        ("status_delivered", "delivered"),
        ("status_read", "read"),
        ("status_played", "read"),
        ("status_failed", "failed"),
    ],
)
def test_a_status_names_our_part_by_our_own_token(name, status):
    """It finds the part even before the send has answered."""
    (report,) = parse(name).reports
    assert (report.external_id, report.status, report.occurred_at) == (f"{WAMID}70", status, AT)
    assert [one[-1:] for one in (report.conversation, report.message, report.part)] == ["1", "2", "3"]


def test_a_failure_has_a_sentence_and_the_providers_details():
    """Of a code that we know."""
    (report,) = parse("status_failed").reports
    assert report.reason is not None
    assert (report.reason.code, report.reason.sentence, report.reason.provider_text) == (
        "provider_131053",
        "WhatsApp could not use the file.",
        "The type of the file does not match.",
    )


def test_an_unknown_failure_shows_the_providers_text():
    """New codes come without notice."""
    (report,) = parse("status_failed_with_an_unknown_code").reports
    assert report.reason is not None
    assert (report.reason.code, report.reason.provider_text) == ("provider_139999", "A code from the future")


@pytest.mark.parametrize(
    ("name", "falls_back"),
    [("status_failed", True), ("status_failed_with_an_unknown_code", False), ("status_delivered", False)],
)
def test_only_a_file_at_fault_leads_to_a_link(name, falls_back):
    """Who cannot be reached gets no link either."""
    assert parse(name).reports[0].falls_back == falls_back


def test_a_strangers_token_is_none_of_ours():
    """The external id is still there."""
    assert parse("status_with_a_foreign_token").reports == [
        Report(external_id=f"{WAMID}70", status="sent", occurred_at=AT)
    ]


def test_candidates_are_the_numbers_that_the_payload_names():
    """By the number or by its id."""
    accounts = [account(), account("106540352242922"), account("+15550783999"), account("+15550000000")]
    body = read("whatsapp", "text.json")
    assert meta.candidates(posted(body), accounts) == accounts[:2]
    assert meta.candidates(posted(read("whatsapp", "several_in_one_post.json")), accounts) == accounts[:3]


def test_what_names_no_number_is_for_whoever_can_prove_it():
    """A handshake, and news that are no message: Meta would repeat for days what nobody answers."""
    accounts = [account(), account("+15550783999")]
    assert meta.candidates(Request("GET", URL, {}, b""), accounts) == accounts
    assert meta.candidates(posted(read("whatsapp", "news_about_a_template.json")), accounts) == accounts


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"\xff\xfe", b'{"object":"instagram","entry":[]}'])
def test_nonsense_has_no_candidates(body):
    """Nobody is claimed by a payload that says nothing."""
    assert meta.candidates(posted(body), [account(""), account()]) == []


def test_meta_is_answered_in_a_few_bytes():
    """200 is all it looks at."""
    assert meta.answer(posted(b"")).status == 200


def test_every_payload_file_is_used():
    """No orphan: each sample stands in a test of this file."""
    source = Path(__file__).read_text()
    samples = {path.stem for path in (Path(__file__).parents[3] / "payloads" / "whatsapp").glob("*.json")}
    assert {name for name in samples if name not in source} == set()
