"""The mail that a part becomes, read back by Python's own reader and by the sandbox's rules."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from deliver.email.composing import NoAddress, base64_lines, compose, encoded_bytes
from deliver.outgoing import OutgoingFile, OutgoingLink, OutgoingPart
from ingest.email import tokens
from ingest.incoming import ChannelAccount
from workers.sandbox.mail_rules import problems

KEY = "thread-key"
CONVERSATION = "1d7a1c4b-48b6-550e-ba76-611263067a1b"
ACCOUNT = ChannelAccount(
    "acme",
    "email",
    "smtp",
    "support@acme.example",
    "smtps://mail.example:465",
    {"thread_key": KEY},
    {"from_name": "Acme"},
)
PART = OutgoingPart(
    id="94ccec4c-996f-5da4-b700-86797df2f418",
    message="m1",
    conversation=CONVERSATION,
    address="support@acme.example",
    contact="kim@customer.example",
    text="Look here:\n\nGrüße",
    files=[],
    callback_url="",
)
DATE = b"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
THREAD = tokens.sign("c", CONVERSATION, KEY)


def file(content=b"x" * 200, media_type="image/png", name="a photo.png", chunk=50, **others):
    @contextmanager
    def read():
        yield (content[at : at + chunk] for at in range(0, len(content), chunk))

    return OutgoingFile("a1", "", media_type, len(content), name, read=read, **others)


def written(part=PART, account=ACCOUNT):
    composed = compose(part, account)
    raw = b"".join(composed.pieces())
    assert len(raw) == composed.size_bytes
    assert list(problems(DATE + raw)) == []
    return message_from_bytes(DATE + raw, policy=default)


def with_files(*files, **others):
    return replace(PART, files=list(files), **others)


def test_words_travel_as_plain_text_and_as_html():
    """For every program one that it shows."""
    mail = written()
    assert mail.get_body(("plain",)).get_content().splitlines() == ["Look here:", "", "Grüße"]
    page = mail.get_body(("html",)).get_content().replace("\r\n", "\n")
    assert "<p>Look here:</p>\n<p>Grüße</p>" in page


def test_a_picture_stands_among_the_words():
    """The HTML refers to it by Content-ID."""
    mail = written(with_files(file(alt_text='a "crack"')))
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert (picture.get_content(), picture.get_filename(), picture.get_content_disposition()) == (
        b"x" * 200,
        "a photo.png",
        "inline",
    )
    page = mail.get_body(("html",)).get_content()
    assert f'<img src="cid:{picture["Content-ID"].strip("<>")}" alt="a &quot;crack&quot;"' in page


@pytest.mark.parametrize(
    ("media_type", "name"), [("application/pdf", "Größe.pdf"), ("video/mp4", "a.mp4"), ("image/webp", "b.webp")]
)
def test_anything_else_is_attached(media_type, name):
    """Under its own name, whatever letters it has, byte for byte."""
    mail = written(with_files(file(media_type=media_type, name=name, content=bytes(range(256)) * 7)))
    (attached,) = [part for part in mail.walk() if part.get_content_type() == media_type]
    assert (attached.get_filename(), attached.get_content_disposition()) == (name, "attachment")
    assert attached.get_payload(decode=True) == bytes(range(256)) * 7


def test_a_link_is_a_sentence_in_both():
    """Who cannot get the file gets a way to it."""
    link = OutgoingLink("https://door.example/m/1?a=1&b=2", "film.mp4", 30_000_000, datetime(2026, 12, 22, tzinfo=UTC))
    mail = written(replace(PART, links=[link]))
    sentence = "film.mp4 (30.0 MB, until 2026-12-22)"
    assert f"{sentence}: {link.url}" in mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    assert f'<a href="https://door.example/m/1?a=1&amp;b=2">{sentence}</a>' in page


def test_the_mail_leads_back_to_its_thread():
    """By Reply-To and by Message-ID, both signed; a bounce by its return path."""
    mail, sender = written(), compose(PART, ACCOUNT).sender
    assert mail["Reply-To"] == f"Acme <support+{THREAD}@acme.example>"
    assert mail["Message-ID"] == f"<{tokens.sign('p', PART.id, KEY)}.{THREAD}@acme.example>"
    assert sender == f"support+{tokens.sign('p', PART.id, KEY)}@acme.example"


def test_the_same_part_is_the_same_mail():
    """So a resend is no second mail."""
    part = with_files(file())
    assert b"".join(compose(part, ACCOUNT).pieces()) == b"".join(compose(part, ACCOUNT).pieces())


def test_an_answer_refers_to_what_it_answers():
    """By the customer's Message-ID, without what we add to it."""
    mail = written(replace(PART, in_reply_to="<CAF1@customer.example>#0123456789abcdef", subject="Re: Gasket"))
    assert (mail["In-Reply-To"], mail["References"], mail["Subject"]) == (
        "<CAF1@customer.example>",
        "<CAF1@customer.example>",
        "Re: Gasket",
    )


@pytest.mark.parametrize("hostile", ["a\r\nBcc: x@evil.example", "a\nb", "a\0b", "a\u2028b", "\r\n\r\nbody"])
def test_nobody_writes_headers_into_a_mail(hostile):
    """Subject, file name and display name are one line, whatever is in them."""
    account = replace(ACCOUNT, options={"from_name": hostile})
    mail = written(replace(with_files(file(name=hostile, media_type="application/pdf")), subject=hostile), account)
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject")) == 1


@pytest.mark.parametrize("contact", ["kim", "", "kim@x\r\nBcc: a@b.example", "a@b, c@d.example", "<a@b.example>"])
def test_what_is_no_address_is_no_mail(contact):
    """It could be more than one, or a header."""
    with pytest.raises(NoAddress):
        compose(replace(PART, contact=contact), ACCOUNT)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 114, 1000, 5700])
@pytest.mark.parametrize("chunk", [1, 57, 64, 10_000])
def test_the_encoded_size_is_known_before_encoding(size, chunk):
    """To the byte: it is what SIZE says."""
    content = b"a" * size
    lines = b"".join(base64_lines(content[at : at + chunk] for at in range(0, size, chunk)))
    assert len(lines) == encoded_bytes(size)
    assert all(len(line) <= 76 for line in lines.split(b"\r\n"))
