"""An opened mail as a message of its thread, or as a report about one of ours."""

from datetime import UTC, datetime

import msgspec
import pytest

from ingest.email import smtp, tokens
from ingest.incoming import ChannelAccount, Opened, Report, Unparsable
from schemas.reason import Reason
from tests.unit.ingest.email.mails import CONVERSATION, KEY, OURS, PART, named, parsed, payload, unpack

TAG = tokens.sign("c", CONVERSATION, KEY)
OUR_ID = f"<{tokens.sign('p', PART, KEY)}.{TAG}@acme.example>"
FORGED = tokens.sign("c", CONVERSATION, "another-key")


def with_headers(*lines, name="plain_text"):
    return "".join(f"{line}\r\n" for line in lines).encode() + named(name)


def test_a_mail_is_a_message(tmp_path):
    """Who, what, when, and each file where the worker put it."""
    (message,) = parsed(unpack(named("photo_attached"), tmp_path), smtp).messages
    assert (message.address, message.contact, message.contact_name) == (OURS, "kim@customer.example", "Kim")
    assert (message.subject, message.text) == ("photo attached", "Here is the photo.")
    assert message.sent_at == datetime(2026, 11, 22, 9, 13, 58, tzinfo=UTC)
    assert [(one.file_name, one.source.object_key) for one in message.files] == [
        ("photo.png", "quarantine/acme/uploads/e-0")
    ]


@pytest.mark.parametrize(
    "header",
    [
        f"To: Support <{tokens.tagged(OURS, TAG)}>",
        f"Delivered-To: {tokens.tagged(OURS, TAG).upper()}",
        f"In-Reply-To: {OUR_ID}",
        f"References: <first@customer.example> {OUR_ID} <last@customer.example>",
    ],
    ids=lambda header: header.partition(":")[0],
)
def test_a_signed_token_leads_to_the_thread(header, tmp_path):
    """In an address, whatever became of its case, or in the Message-ID of a mail of ours."""
    (message,) = parsed(unpack(with_headers(header), tmp_path), smtp).messages
    assert message.conversation == CONVERSATION


def test_the_envelope_alone_leads_to_the_thread(tmp_path):
    """A mail that came by Bcc names us nowhere else."""
    unpacked = unpack(named("plain_text"), tmp_path, headers={"x-envelope-to": tokens.tagged(OURS, TAG)})
    assert parsed(unpacked, smtp).messages[0].conversation == CONVERSATION


@pytest.mark.parametrize(
    "header",
    [
        f"To: {tokens.tagged(OURS, FORGED)}",
        f"In-Reply-To: <{FORGED}@acme.example>",
        f"To: {tokens.tagged(OURS, TAG[:-1] + ('a' if TAG[-1] != 'a' else 'b'))}",
        "References: <CAF1@customer.example>",
        f"Subject: Re: [{CONVERSATION}]",
    ],
)
def test_nothing_that_anybody_could_write_leads_to_a_thread(header, tmp_path):
    """Another key's token, a changed one, a known Message-ID, a subject."""
    (message,) = parsed(unpack(with_headers(header), tmp_path), smtp).messages
    assert message.conversation is None


def test_a_token_of_another_connection_proves_nothing(tmp_path):
    """Each connection has a key of its own."""
    unpacked = unpack(with_headers(f"In-Reply-To: {OUR_ID}"), tmp_path)
    assert parsed(unpacked, smtp, key="another-key").messages[0].conversation is None


def test_an_answer_names_the_mail_that_it_answers(tmp_path):
    """By our part where it is one of ours, else by its Message-ID."""
    ours = parsed(unpack(with_headers(f"In-Reply-To: {OUR_ID}"), tmp_path), smtp).messages[0]
    theirs = parsed(unpack(with_headers("In-Reply-To: <x@customer.example>"), tmp_path), smtp).messages[0]
    assert (ours.in_reply_to, theirs.in_reply_to) == (PART, "<x@customer.example>")


def test_a_mail_of_ours_that_comes_back_is_automatic(tmp_path):
    """A loop: it shows, and nobody answers it by machine."""
    raw = named("plain_text").replace(b"<plain_text@customer.example>", OUR_ID.encode())
    assert parsed(unpack(raw, tmp_path), smtp).messages[0].automatic is True


def test_a_small_picture_that_the_conversation_knows_is_a_logo(tmp_path):
    """It comes with every mail; the first time nobody could tell."""
    unpacked = unpack(named("inline_photo_without_disposition"), tmp_path)
    roles = [parsed(unpacked, smtp, known=known).messages[0].files[0].role for known in ((), (0,))]
    assert roles == ["inline", "logo"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("bounce_unknown_user", "failed", "mail_5_1_1"),
        ("bounce_too_large", "failed", "mail_5_3_4"),
        ("bounce_unknown_status", "failed", "mail_5_9_9"),
        ("bounce_delayed", "queued", None),
        ("bounce_relayed", "sent", None),
        ("bounce_delivered", "delivered", None),
        ("read_receipt", "read", None),
    ],
)
def test_a_notice_about_our_mail_is_a_report_and_no_message(name, status, code, tmp_path):
    """RFC 3464 and RFC 8098; the returned Message-ID proves that it was ours."""
    found = parsed(unpack(named(name), tmp_path), smtp)
    (report,) = found.reports
    assert (found.messages, report.external_id, report.part, report.status) == ((), PART, PART, status)
    assert (report.reason.code if report.reason else None, report.falls_back) == (code, code == "mail_5_3_4")


def test_the_return_path_proves_a_notice_too(tmp_path):
    """Some servers return nothing of the mail."""
    returned = tokens.tagged(OURS, tokens.sign("p", PART, KEY))
    headers = {"x-envelope-from": "", "x-envelope-to": returned}
    unpacked = unpack(named("bounce_of_another_system"), tmp_path, headers=headers)
    reason = Reason(
        code="mail_5_1_1",
        sentence="The customer's mail address does not exist. Check it, or reach the customer another way.",
        provider_text="550 no",
    )
    assert parsed(unpacked, smtp).reports == [Report(external_id=PART, part=PART, status="failed", reason=reason)]


def test_a_notice_about_a_mail_that_is_not_ours_is_an_automatic_message(tmp_path):
    """Forged bounces cannot fail a delivery; somebody may still want to see them."""
    unpacked = unpack(named("bounce_of_another_system"), tmp_path, headers={"x-envelope-from": ""})
    found = parsed(unpacked, smtp)
    assert (found.reports, found.messages[0].automatic, found.messages[0].text) == ((), True, "Sorry")


def test_a_mail_that_broke_its_reader_shows_as_a_file_that_nobody_can_have():
    """From whom its envelope names."""
    reason = Reason(code="decoder_crashed", sentence="It broke.")
    body = msgspec.json.encode(Opened(broken=reason))
    (message,) = smtp.parse(payload({"x-envelope-from": "Kim@customer.example"}), body).messages
    assert (message.contact, [one.reason for one in message.missing]) == ("kim@customer.example", [reason])


@pytest.mark.parametrize("body", [b"", b"[]", msgspec.json.encode(Opened(broken=None))])
def test_what_nobody_opened_is_unparsable(body):
    """A bug of ours, or of whoever wrote the payload."""
    with pytest.raises(Unparsable):
        smtp.parse(payload(), body)


def test_a_connection_proves_its_own_tokens():
    """With its thread key, and never without one."""
    accounts = [ChannelAccount("acme", "email", "smtp", OURS, "", {"thread_key": key}) for key in (KEY, "other", "")]
    assert [smtp.proves(TAG, account) for account in accounts] == [True, False, False]
