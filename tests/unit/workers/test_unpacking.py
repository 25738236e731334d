"""Containers are opened once, in a child; their files become uploads that the fetcher finds."""

from hashlib import sha256

import pytest

from ingest.email import tokens
from ingest.incoming import Unpacked, UnpackParams
from schemas import identity, object_keys
from schemas.event import Event
from schemas.message_received import MessageReceived
from schemas.payload_received import PayloadReceived
from tests.unit.ingest.email.mails import CONVERSATION, KEY, MAILS, OURS, named
from tests.workbench import ACCOUNT, NOW, begun, bench, once, settings
from workers.ingestor import worker

EVENT = "3b1e2c9a-0000-5000-8000-000000000001"
BODY = object_keys.payload(ACCOUNT, EVENT)
KIM = "kim@customer.example"


@pytest.fixture
def on(tmp_path, decoder):
    connection = {"provider": "smtp", "address": OURS, "credentials": {"thread_key": {"value": KEY}}}
    accounts = {ACCOUNT: {"name": "Acme", "channels": {"email": [connection]}}}
    made = bench(tmp_path, decoder, settings(accounts=accounts))
    yield made
    made.database.close()


def mail(on, raw, **headers) -> Event:
    on.keep(BODY, raw)
    given = {"x-envelope-from": KIM} | {name.replace("_", "-"): value for name, value in headers.items()}
    payload = PayloadReceived(
        channel="email",
        provider="smtp",
        account=ACCOUNT,
        address=OURS,
        received_at=NOW,
        url="https://door.example/mailroom",
        headers=given,
        body_key=BODY,
    )
    return begun(payload, EVENT)


def test_a_mails_files_become_uploads_under_keys_that_follow_from_the_event(on):
    """With their digest, which the fetcher then need not compute."""
    received = on.run(worker, mail(on, named("forwarded_with_a_photo"))).only(MessageReceived)
    keys = [file.source.object_key for file in received.files]
    assert keys == [object_keys.upload(ACCOUNT, f"{EVENT}-{number}") for number in (0, 1)]
    assert on.store.head(keys[1]).metadata["sha256"] == sha256(on.content(keys[1])).hexdigest()
    assert on.content(keys[1]).startswith(b"\x89PNG")
    assert (received.contact, received.text) == (KIM, "Here is the photo.")


def test_a_redelivery_opens_nothing_again_and_says_the_same(on):
    """Somebody may be reading the uploads already: they are not written twice."""
    event = mail(on, named("photo_attached"))
    first, second = once(lambda: on.run(worker, event))
    assert first == second
    assert on.decode.calls["run"] == 1
    assert on.store.calls["put"] == 2  # the mail itself and its file


def test_uploads_of_an_attempt_that_failed_later_are_left_alone(on):
    """The memo is gone, the files are there: same content, same key."""
    event = mail(on, named("photo_attached"))
    on.run(worker, event)
    before = on.store.head(object_keys.upload(ACCOUNT, f"{EVENT}-0")).etag
    on.store.delete(object_keys.opened(ACCOUNT, EVENT))
    on.run(worker, event)
    assert on.store.head(object_keys.upload(ACCOUNT, f"{EVENT}-0")).etag == before
    assert on.store.calls["put"] == 2


def test_only_the_connections_own_key_proves_a_token(on):
    """The child that reads the mail knows no key."""
    token = tokens.sign("c", CONVERSATION, KEY)
    received = on.run(worker, mail(on, named("plain_text"), x_envelope_to=tokens.tagged(OURS, token)))
    assert received.only(MessageReceived).conversation == CONVERSATION


def test_a_small_picture_that_the_conversation_holds_already_is_a_logo(on):
    """Only what is in this very conversation counts."""
    event = mail(on, named("inline_photo_without_disposition"))
    conversation = identity.conversation_id(ACCOUNT, "email", OURS, KIM)
    (first,) = on.run(worker, event).only(MessageReceived).files
    digest = on.store.head(first.source.object_key).metadata["sha256"]
    on.keep(object_keys.original(ACCOUNT, conversation, digest), b"x")
    (again,) = on.run(worker, event).only(MessageReceived).files
    on.store.delete(object_keys.opened(ACCOUNT, EVENT))
    (later,) = on.run(worker, event).only(MessageReceived).files
    assert [first.role, again.role, later.role] == ["inline", "inline", "logo"]


def test_a_mail_that_breaks_the_child_costs_one_card(on):
    """No dead letter: somebody wrote, and an agent should know."""
    layers = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    received = on.run(worker, mail(on, b"".join(layers))).only(MessageReceived)
    assert received.contact == KIM
    assert [(one.file_name, one.reason.code) for one in received.missing] == [("message.eml", "decoder_crashed")]


def test_a_mail_of_nobody_that_breaks_the_child_is_a_dead_letter(on):
    """There is no thread that it could be shown in."""
    layers = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    assert on.run(worker, mail(on, b"".join(layers), x_envelope_from="")).dead == "payload_unparsable"


def test_a_bounce_is_a_report_and_no_message(on):
    """About the part that the returned Message-ID names."""
    (report,) = on.run(worker, mail(on, named("bounce_unknown_user"), x_envelope_from="")).data
    assert (report.event_type, report.status, report.reason.code) == ("delivery_reported", "failed", "mail_5_1_1")


def test_every_sample_is_read_in_confinement(decoder, tmp_path):
    """A child sees no file of the system: whatever a reader looks up, it must have at hand."""
    params = UnpackParams(headers={}, address=OURS, max_files=50, max_file_bytes=10**8)
    read = [
        decoder.attempt("ingest.email.jobs:unpack", params, source=path, workdir=tmp_path, returns=Unpacked)
        for path in MAILS.glob("*.eml")
    ]
    assert [one for one in read if not isinstance(one, Unpacked)] == []
    assert len(read) > 50
