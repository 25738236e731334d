"""Every oddity of mail has a sample; the sample's name is its situation."""

import pytest

from ingest.email.unpacking import MAX_TEXT_CHARS
from tests.unit.ingest.email.mails import MAILS, named, unpack

PHOTO = 9069
WORDS = "Here is the photo."

FILES = {
    "photo_attached": [("photo.png", None)],
    "inline_photo_without_disposition": [("image-1.png", "inline")],
    "inline_photo_called_attachment": [("shot.png", "inline"), ("message.html", "body")],
    "inline_by_location": [("image-1.png", "inline"), ("message.html", "body")],
    "file_called_inline": [("bill.pdf", None)],
    "is_a_pdf": [("only.pdf", None)],
    "html_only": [("message.html", "body")],
    "empty_plain_beside_html": [("message.html", "body")],
    "name_rfc2231": [("naïve file.png", None)],
    "name_rfc2231_continued": [("long name end.png", None)],
    "name_rfc2047": [("naïve.png", None)],
    "name_unquoted_with_spaces": [("un quoted name.png", None)],
    "name_hostile": [("passgnp.wd", None)],
    "name_raw_utf8": [("Größe.png", None)],
    "name_missing": [("image-1.png", None)],
    "name_very_long": [("x" * 146 + ".png", None)],
    "octet_stream_with_an_image": [("IMG_1.PNG", None)],
    "forwarded_with_a_photo": [("the original.eml", None), ("inner.png", None)],
    "forwarded_in_base64": [("the original.eml", None), ("inner.png", None)],
    "forwarded_nine_times": [(f"level {number}.eml", None) for number in (8, 7, 6, 5, 4)],
    "signed_with_pgp": [("signature.asc", "signature")],
    "signed_with_smime": [("smime.p7s", "signature")],
    "invite": [("invite.ics", "invite")],
    "signature_logo_and_pixel": [("image-1.gif", "logo"), ("image-2.png", "logo"), ("message.html", "body")],
    "base64_with_junk": [("junk.png", None)],
    "uuencoded": [("old.png", None)],
    "boundary_never_closed": [("cut.png", None)],
    "apple_words_photo_words": [("IMG_2.png", None)],
    "text_file_attached": [("log.txt", None)],
    "winmail_dat": [("outlook.png", None)],
    "winmail_dat_broken": [("winmail.dat", None)],
}
TEXTS = {
    "plain_text": "Grüße 👋",
    "photo_attached": WORDS,
    "html_only": "Grüße\n\n- one\n\n- two\n\nthe shop (https://shop.example/x)",
    "inline_photo_without_disposition": "See it",
    "inline_photo_called_attachment": "See it & weep",
    "empty_plain_beside_html": "The real words",
    "apple_words_photo_words": "Before\n\nAfter",
    "charset_lies": "Grüße",
    "charset_unknown": "Grüße",
    "encoding_unknown": "still readable",
    "boundary_missing": "just words after all",
    "nul_bytes": "before and after",
    "no_headers": "just words",
    "amp_alternative": "words",
    "is_a_pdf": None,
    "forwarded_with_a_photo": WORDS,
}
MISSING = {
    "encrypted_with_pgp": "mail_encrypted",
    "encrypted_with_smime": "mail_encrypted",
    "sealed_with_smime": "mail_sealed",
    "external_body": "file_not_in_mail",
}
AUTOMATIC = {"out_of_office", "mailing_list", "suppressed_replies"}
ALL = sorted(path.stem for path in MAILS.glob("*.eml"))


@pytest.mark.parametrize("name", FILES)
def test_the_files_of_a_mail(name, tmp_path):
    """Each is offered once, under a name that is safe to show, with what it is to the mail."""
    assert unpack(named(name), tmp_path).files == FILES[name]


@pytest.mark.parametrize("name", TEXTS)
def test_the_words_of_a_mail(name, tmp_path):
    """Plain text where there is some, else what the HTML says; in whatever charset it really is."""
    assert unpack(named(name), tmp_path).outline.text == TEXTS[name]


@pytest.mark.parametrize("name", MISSING)
def test_what_cannot_be_handed_over_shows_as_missing(name, tmp_path):
    """Encrypted, wrapped or lying elsewhere: an agent sees that there was something."""
    outline = unpack(named(name), tmp_path).outline
    assert ([one.reason.code for one in outline.missing], outline.files) == ([MISSING[name]], [])


@pytest.mark.parametrize("name", ALL)
def test_only_machines_write_automatic_mail(name, tmp_path):
    """Auto-Submitted, Precedence or X-Auto-Response-Suppress say so."""
    assert unpack(named(name), tmp_path).outline.automatic == (name in AUTOMATIC)


def test_every_sample_is_expected_somewhere():
    """A sample that no test looks at proves nothing."""
    elsewhere = {"duplicate_headers", "subject_encoded", "form_on_our_site", "read_receipt"}
    bounces = {name for name in ALL if name.startswith("bounce_")}
    assert set(ALL) == set(FILES) | set(TEXTS) | set(MISSING) | AUTOMATIC | elsewhere | bounces


@pytest.mark.parametrize("name", ["base64_with_junk", "uuencoded"])
def test_a_broken_encoding_is_undone(name, tmp_path):
    """The picture's bytes come out as they went in."""
    (content,) = unpack(named(name), tmp_path).contents
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert content.endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("name", ["winmail_dat", "forwarded_in_base64", "boundary_never_closed"])
def test_a_file_comes_out_whole(name, tmp_path):
    """Whatever it was wrapped into."""
    assert len(unpack(named(name), tmp_path).contents[-1]) == PHOTO


def test_the_first_of_repeated_headers_counts(tmp_path):
    """Mail servers and mail programs disagree about the others; that is how forgers write."""
    outline = unpack(named("duplicate_headers"), tmp_path).outline
    assert (outline.subject, outline.contact) == ("the first", "kim@customer.example")


def test_encoded_headers_are_read(tmp_path):
    """RFC 2047, folded in the middle of a word."""
    outline = unpack(named("subject_encoded"), tmp_path).outline
    assert (outline.subject, outline.contact_name) == ("Grüße und mehr", "Jürgen")


def test_a_form_on_our_own_site_names_the_customer_in_reply_to(tmp_path):
    """It writes as us; we do not talk to ourselves."""
    assert unpack(named("form_on_our_site"), tmp_path).outline.contact == "kim@customer.example"


def test_a_mail_without_headers_is_from_whom_its_envelope_says(tmp_path):
    """There is nothing else to go by."""
    assert unpack(named("no_headers"), tmp_path).outline.contact == "kim@customer.example"


@pytest.mark.parametrize(("sender", "automatic"), [("", True), ("<>", True), ("kim@customer.example", False)])
def test_an_empty_envelope_sender_is_a_machine(sender, automatic, tmp_path):
    """RFC 5321: so that nobody answers it."""
    outline = unpack(named("plain_text"), tmp_path, headers={"x-envelope-from": sender}).outline
    assert outline.automatic == automatic


def test_the_identity_is_the_same_whichever_way_a_mail_comes(tmp_path):
    """Carriers add trace headers and change line ends."""
    raw = named("photo_attached")
    other = b"Received: from x by y\r\nReturn-Path: <kim@customer.example>\r\n" + raw.replace(b"\r\n", b"\n")
    ways = [unpack(one, tmp_path).outline.identity for one in (raw, other)]
    assert len(set(ways)) == 1
    assert ways[0].startswith("<photo_attached@customer.example>#")


def test_two_mails_with_one_message_id_are_two(tmp_path):
    """Careless programs do that."""
    raw = named("photo_attached")
    both = [unpack(one, tmp_path).outline.identity for one in (raw, raw.replace(b"the photo", b"another"))]
    assert len(set(both)) == 2


def test_of_a_long_text_the_beginning_shows_and_the_whole_is_a_file(tmp_path):
    """The event has no room for more."""
    words = "one two three\r\n" * 2000
    unpacked = unpack(named("plain_text").replace("Grüße 👋".encode(), words.encode()), tmp_path)
    assert (len(unpacked.outline.text), unpacked.files) == (MAX_TEXT_CHARS, [("message.txt", "body")])
    assert unpacked.contents == [words.replace("\r\n", "\n").strip().encode()]


def test_what_is_too_much_shows_as_missing(tmp_path):
    """Too many files, or one that is too large."""
    many = unpack(named("forwarded_nine_times"), tmp_path, max_files=2).outline
    large = unpack(named("photo_attached"), tmp_path, max_file_bytes=100).outline
    assert [one.reason.code for one in many.missing] == ["too_many_files"] * 2
    assert [(one.reason.code, one.reason.actual) for one in large.missing] == [("too_many_bytes", PHOTO)]


def test_of_a_mail_that_was_left_in_its_mailbox_a_card_shows(tmp_path):
    """Its headers came; how large it is stands beside."""
    head = named("photo_attached").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    outline = unpack(head, tmp_path, headers={"x-mail-left-out": "99000000"}).outline
    assert (outline.subject, outline.text) == ("photo attached", None)
    assert [(one.reason.code, one.reason.actual) for one in outline.missing] == [("mail_too_large", 99_000_000)]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0" * 5000, id="zeros"),
        pytest.param(b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * 3000, id="many empty parts"),
        pytest.param(b"From: " + b"(" * 5000 + b"\n\nx", id="nested comments"),
        pytest.param(b"Subject: " + b"=?utf-8?q?" * 2000 + b"\n\nx", id="unfinished encoded words"),
        pytest.param(b"Content-Type: text/html\n\n" + b"<div>" * 20000 + b"<![if", id="deep markup"),
        pytest.param(
            b"Content-Disposition: attachment; filename*=x''%ff; filename*9999999*=\"a\"\n\nx", id="odd names"
        ),
        pytest.param(b"Content-Type: text/plain; charset*=bogus'x'%00\n\nx", id="odd charset"),
    ],
)
def test_hostile_mail_is_read_as_far_as_it_goes(raw, tmp_path):
    """Nothing of it raises."""
    assert unpack(raw, tmp_path).outline.contact == "kim@customer.example"
