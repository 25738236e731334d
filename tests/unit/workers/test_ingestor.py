"""The ingestor: what came in becomes a message, a report or an announcement, with ids that nobody chose."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import msgspec
import pytest

from ingest.incoming import Parsed, Withdrawal
from ingest.sms import twilio
from ingest.webchat import VisitorFile, VisitorMessage, VisitorReceipt
from schemas import identity, object_keys
from schemas.attachment import Source
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.delivery_reported import DeliveryReported
from schemas.media_rejected import MediaRejected
from schemas.message_received import FileAnnounced, FileMissing, MessageReceived
from schemas.message_withdrawn import MessageWithdrawn
from schemas.payload_received import PayloadReceived
from schemas.reason import Reason
from schemas.reply_requested import ReplyRequested
from tests.unit.ingest.payloads import read
from tests.workbench import (
    ACCOUNT,
    CUSTOMER,
    LATER,
    NOW,
    SHOP,
    SHOP_PAGE,
    VISITOR,
    begun,
    bench,
    once,
    settings,
)
from workers.ingestor import worker

FORM = {"content-type": "application/x-www-form-urlencoded"}
HOOK = "https://door.example/webhooks/sms/twilio"
UPLOAD = object_keys.upload(ACCOUNT, "u1")


def sms(body: str | bytes | None, url: str = HOOK, **others: str) -> PayloadReceived:
    text = body.decode() if isinstance(body, bytes) else body
    return PayloadReceived(
        channel="sms", provider="twilio", account=ACCOUNT, received_at=NOW, url=url, headers=FORM, body=text, **others
    )


def visitor(document: VisitorMessage | VisitorReceipt) -> PayloadReceived:
    return PayloadReceived(
        channel="webchat",
        provider="webchat",
        account=ACCOUNT,
        received_at=NOW,
        url="https://door.example/webchat/messages",
        headers={},
        body=msgspec.json.encode(document).decode(),
    )


def message(*files: FileAnnounced, **others: object) -> MessageReceived:
    fields = {"channel": "sms", "account": ACCOUNT, "address": SHOP, "contact": CUSTOMER, "external_id": "MM1"}
    return MessageReceived(**fields | others, files=list(files))


def reply(*files: FileAnnounced, **others: object) -> ReplyRequested:
    fields = {"channel": "sms", "account": ACCOUNT, "contact": CUSTOMER, "text": "hello"}
    return ReplyRequested(**fields | others, files=list(files))


def at(url: str = "https://files.example/1.jpg") -> FileAnnounced:
    return FileAnnounced(source=Source(url=url), file_name="1.jpg", declared_media_type="image/jpeg")


def test_a_payload_becomes_a_message_with_derived_ids(on):
    """Twilio's own MessageSid decides, however often the webhook comes."""
    received = on.run(worker, sms(read("sms", "inbound_two_photos_and_text.form"))).only(MessageReceived)
    assert received.external_id == f"MM{1:032x}"
    assert received.message == identity.inbound_message_id(ACCOUNT, "sms", received.external_id)
    assert received.conversation == identity.conversation_id(ACCOUNT, "sms", SHOP, CUSTOMER)
    assert (received.provider, received.address, received.contact) == ("twilio", SHOP, CUSTOMER)
    assert len(received.files) == 2


def test_two_webhooks_about_one_message_are_one_event(on):
    """Different deliveries of the door, the same message: the same event id."""
    payload = sms(read("sms", "inbound_text_only.form"))
    ids = {on.run(worker, begun(payload, name)).events[0].id for name in ("webhook-1", "webhook-2")}
    assert len(ids) == 1


def test_a_redelivery_gives_the_same_data(on):
    """Nothing in it depends on when or where."""
    first, second = once(lambda: on.run(worker, sms(read("sms", "inbound_two_photos_and_text.form"))))
    assert first == second


def test_two_messages_in_one_payload_are_two_events(on, monkeypatch):
    """Providers batch: each message has ids of its own."""
    real = twilio.parse

    def twice(payload: PayloadReceived, body: bytes) -> Parsed:
        (one,) = real(payload, body).messages
        return Parsed(messages=[one, replace(one, external_id="MM-other")])

    monkeypatch.setattr(twilio, "parse", twice)
    events = on.run(worker, sms(read("sms", "inbound_text_only.form"))).events
    assert [event.data.external_id for event in events] == [f"MM{3:032x}", "MM-other"]
    assert len({event.id for event in events}) == len({event.data.message for event in events}) == 2


def test_a_large_body_is_read_by_its_key(on):
    """What was too large for the event lies in the store."""
    key = object_keys.payload(ACCOUNT, "event-1")
    on.keep(key, read("sms", "inbound_text_only.form"))
    received = on.run(worker, sms(None, body_key=key)).only(MessageReceived)
    assert received.text == "Grüße 👋 100% + more"


def test_a_large_body_that_is_gone_is_a_dead_letter(on):
    """Nothing can be made of it, and it does not vanish."""
    assert on.run(worker, sms(None, body_key=object_keys.payload(ACCOUNT, "gone"))).dead == "object_missing"


def test_nul_is_dropped_wherever_it_stands(on):
    """A database keeps no NUL; the rest of the message is a customer's and stays."""
    received = on.run(worker, sms(read("sms", "inbound_text_with_nul.form"))).only(MessageReceived)
    assert (received.text, received.contact_name) == ("Look at this", "Ann")


def test_a_receipt_becomes_a_report(on):
    """Our own token says which part it is about."""
    url = f"{HOOK}/status?" + urlencode({"message": "m1", "conversation": "c1", "part": "p1"})
    reported = on.run(worker, sms(read("sms", "status_undelivered.form"), url)).only(DeliveryReported)
    assert (reported.status, reported.message, reported.part) == ("failed", "m1", "p1")
    assert (reported.reason.code, reported.occurred_at) == ("provider_30007", NOW)


def test_a_visitors_message_and_receipt(on):
    """Webchat speaks through the same worker."""
    said = VisitorMessage(
        address=SHOP_PAGE,
        contact=VISITOR,
        client_message_id="1",
        text="hi",
        files=[VisitorFile(upload="u1", file_name="a.jpg", media_type="image/jpeg")],
    )
    received = on.run(worker, visitor(said)).only(MessageReceived)
    assert (received.external_id, received.files[0].source.object_key) == (f"{VISITOR}:1", UPLOAD)
    seen = VisitorReceipt(
        address=SHOP_PAGE, contact=VISITOR, conversation="c", message="m", part="p", status="delivered"
    )
    reported = on.run(worker, visitor(seen)).only(DeliveryReported)
    assert (reported.message, reported.part, reported.status) == ("m", "p", "delivered")


@pytest.mark.parametrize("body", ["", "nonsense", "NumMedia=many&MessageSid=1&To=2&From=3"])
def test_a_payload_without_sense_is_a_dead_letter(on, body):
    """Its sender was proven, so somebody must look."""
    assert on.run(worker, sms(body)).dead == "payload_unparsable"


def test_a_channel_that_nobody_speaks_is_a_dead_letter(on):
    """A provider's name leads to its module and nowhere else."""
    stranger = msgspec.structs.replace(sms("x"), provider="pigeon")
    assert on.run(worker, stranger).dead == "unknown_channel"


def test_each_file_of_a_message_is_announced_alone(on):
    """A broken or slow file never holds up its neighbors; each says which of how many it is."""
    announced = on.run(worker, message(at(), at("https://files.example/2.jpg"))).data
    assert [[(one.index, one.count) for one in event.attachments] for event in announced] == [[(0, 2)], [(1, 2)]]
    ids = [event.attachments[0].id for event in announced]
    assert ids == [identity.attachment_id(announced[0].message, index) for index in (0, 1)]
    assert {event.provider for event in announced} == {"twilio"}


def test_a_message_without_files_is_announced_all_the_same(on):
    """Threads are whole conversations."""
    announced = on.run(worker, message(text="hi")).only(AttachmentsAnnounced)
    assert (announced.direction, announced.attachments) == ("inbound", [])


def test_what_upstream_claims_about_ids_is_not_believed(on):
    """Conversation and message are derived, whatever it wrote there."""
    announced = on.run(worker, message(conversation="mine", message="mine")).only(AttachmentsAnnounced)
    assert announced.message == identity.inbound_message_id(ACCOUNT, "sms", "MM1")
    assert announced.conversation == identity.conversation_id(ACCOUNT, "sms", SHOP, CUSTOMER)


def test_the_connection_knows_its_provider_best(on):
    """Another provider's name on our own address would lead to limits that do not hold."""
    assert on.run(worker, message(provider="vonage")).only(AttachmentsAnnounced).provider == "twilio"


def test_an_upstream_system_may_have_a_connection_of_its_own(on):
    """It says through which of the known providers the message came."""
    own = message(address="+15005550099", provider="twilio")
    assert on.run(worker, own).only(AttachmentsAnnounced).provider == "twilio"


@pytest.mark.parametrize("provider", [None, "pigeon"])
def test_a_message_of_an_unknown_provider_is_a_dead_letter_with_a_reason(on, provider):
    """Found here, where it counts as its sender's mistake, and not as a bug of the next worker."""
    assert on.run(worker, message(address="+15005550099", provider=provider)).dead == "provider_unknown"


def test_another_accounts_upload_in_a_message_is_a_dead_letter(on):
    """No event makes another account's file reachable."""
    stolen = FileAnnounced(source=Source(object_key="quarantine/rival/uploads/u1"))
    assert on.run(worker, message(stolen)).dead == "file_not_in_account"


def test_a_reply_stays_together(on):
    """One event with all files, from the connection's address, with a time after which it must not leave."""
    announced = on.run(worker, reply(at(), at())).only(AttachmentsAnnounced)
    assert [one.index for one in announced.attachments] == [0, 1]
    assert (announced.address, announced.provider, announced.direction) == (SHOP, "twilio", "outbound")
    assert announced.message == identity.root_id(ACCOUNT, "helpdesk", "event-1")
    assert announced.reply.expires_at == NOW + timedelta(days=1)


def test_a_replys_own_deadline_counts(on):
    """The upstream system knows how long its words make sense."""
    soon = NOW + timedelta(minutes=5)
    announced = on.run(worker, reply(expires_at=soon, send_what_fits=True)).only(AttachmentsAnnounced)
    assert (announced.reply.expires_at, announced.reply.send_what_fits) == (soon, True)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"account": "rival"}, "channel_not_connected"),
        ({"account": "nobody"}, "channel_not_connected"),
        ({"address": "+15005550099"}, "channel_not_connected"),
        ({"channel": "fax"}, "channel_not_connected"),
        ({"text": None}, "reply_empty"),
        ({"text": ""}, "reply_empty"),
    ],
    ids=["not connected", "no such account", "another address", "no such channel", "nothing", "empty"],
)
def test_a_reply_that_cannot_leave_is_refused_visibly(on, asked, code):
    """The agent sees it under the message's own id, with a sentence."""
    rejected = on.run(worker, reply(**asked)).only(MediaRejected)
    assert (rejected.reply_refused, rejected.reason.code, rejected.attachments) == (True, code, [])
    assert rejected.message == identity.root_id(asked.get("account", ACCOUNT), "helpdesk", "event-1")


def test_two_connections_need_an_address(on, tmp_path, decoder):
    """We do not guess from which of two numbers a reply should leave."""
    used = settings()
    account = used.accounts[ACCOUNT]
    (one,) = account.channels["sms"]
    two = account.model_copy(update={"channels": {"sms": [one, one.model_copy(update={"address": "+15005550007"})]}})
    double = bench(tmp_path, decoder, used.model_copy(update={"accounts": {ACCOUNT: two}}))
    assert double.run(worker, reply()).only(MediaRejected).reason.code == "channel_not_connected"
    assert double.run(worker, reply(address=SHOP)).only(AttachmentsAnnounced).address == SHOP


def test_every_file_of_a_refused_reply_ends(on):
    """The guilty key and its innocent companion are both told."""
    stolen = FileAnnounced(source=Source(object_key="quarantine/rival/uploads/u1"), file_name="stolen.jpg")
    rejected = on.run(worker, reply(at(), stolen)).only(MediaRejected)
    assert [one.file_name for one in rejected.attachments] == ["1.jpg", "stolen.jpg"]
    assert {one.reason.code for one in rejected.attachments} == {"file_not_in_account"}


def test_a_reply_published_twice_is_one_message(on):
    """CloudEvents source and id decide."""
    first, second = once(lambda: on.run(worker, reply(at(), expires_at=LATER)))
    assert first == second


def test_a_file_that_nobody_can_have_is_refused_where_it_would_have_stood(on):
    """It counts among the files, and its card says why; its neighbour is fetched."""
    expired = Reason(code="media_expired", sentence="The photo is gone. Ask for it again.")
    ran = on.run(worker, message(at(), missing=[FileMissing(reason=expired, file_name="2.jpg")]))
    announced, rejected = ran.data
    assert isinstance(announced, AttachmentsAnnounced)
    assert isinstance(rejected, MediaRejected)
    assert [(one.index, one.count) for one in (*announced.attachments, *rejected.attachments)] == [(0, 2), (1, 2)]
    assert (rejected.attachments[0].reason, rejected.reply_refused) == (expired, False)


def test_a_message_of_missing_files_alone_announces_nothing_else(on):
    """No empty announcement stands for it: the refusal is its event."""
    expired = Reason(code="media_expired", sentence="The photo is gone. Ask for it again.")
    on.run(worker, message(missing=[FileMissing(reason=expired)])).only(MediaRejected)


def test_a_message_that_is_taken_back_names_the_message_it_was(on, monkeypatch):
    """The same derived id as the message had, however often it is said."""
    taken = Withdrawal(external_id="MM1", address=SHOP, contact=CUSTOMER)
    monkeypatch.setattr(twilio, "parse", lambda *_: Parsed(withdrawals=[taken]))
    withdrawn = on.run(worker, sms("any")).only(MessageWithdrawn)
    assert withdrawn.message == identity.inbound_message_id(ACCOUNT, "sms", "MM1")
    assert withdrawn.conversation == identity.conversation_id(ACCOUNT, "sms", SHOP, CUSTOMER)


def test_a_conversation_that_a_stranger_claims_is_not_believed(on):
    """Only what our own ingestor derived stands: a root has no cause."""
    (announced,) = on.run(worker, message(conversation="somebody-elses")).data
    assert announced.conversation == identity.conversation_id(ACCOUNT, "sms", SHOP, CUSTOMER)


def test_a_conversation_that_the_channel_proved_stays(on):
    """A customer answers from another address; the token of our own that came back says where it belongs."""
    proven = msgspec.structs.replace(begun(message(conversation="proven")), causation_id="payload-1")
    (announced,) = on.run(worker, proven).data
    assert announced.conversation == "proven"
