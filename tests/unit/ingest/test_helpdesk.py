"""What upstream systems publish, completed by the ingestor."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.helpdesk import announced_message, announced_reply, unannounced_reply
from ingest.incoming import ChannelAccount
from schemas import identity
from schemas.attachment import Source
from schemas.event import Event
from schemas.message_received import FileAnnounced, MessageReceived
from schemas.reason import Reason, Refused
from schemas.reply_requested import ReplyRequested

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONNECTION = ChannelAccount("acme", "sms", "twilio", "+15005550006", "https://api.twilio.com", {})
PHOTO = FileAnnounced(source=Source(url="https://files.example/a.jpg"), file_name="a.jpg", alt_text="a crack")
UPLOAD = FileAnnounced(source=Source(object_key="quarantine/acme/uploads/u1"))


def event(data, source="crm", event_id="1"):
    return Event(id=event_id, source=source, time=NOW, account=data.account, subject="x", correlation_id="x", data=data)


def message(**fields):
    return event(
        MessageReceived(
            channel="sms", account="acme", address="+15005550006", contact="+1415", external_id="x1", **fields
        )
    )


def reply(source="crm", event_id="1", **fields):
    return event(ReplyRequested(channel="sms", account="acme", contact="+1415", **fields), source, event_id)


def test_each_file_of_a_message_travels_alone():
    """Two files make two events that know they are two."""
    events = announced_message(message(files=[PHOTO, UPLOAD]), "twilio")
    assert [[(one.index, one.count) for one in each.attachments] for each in events] == [[(0, 2)], [(1, 2)]]


def test_a_message_without_files_is_announced_too():
    """Threads are whole conversations."""
    (only,) = announced_message(message(text="hi"), "twilio")
    assert only.attachments == []


def test_claimed_ids_are_not_believed():
    """Conversation and message are derived, whatever the upstream system wrote."""
    (only,) = announced_message(message(text="hi", conversation="mine", message="mine"), "twilio")
    assert only.conversation == identity.conversation_id("acme", "sms", "+15005550006", "+1415")
    assert only.message == identity.inbound_message_id("acme", "sms", "x1")


def test_a_reply_travels_whole():
    """All files of a reply are in one event, with what was asked for."""
    (only,) = announced_reply(reply(text="Here", files=[PHOTO, UPLOAD], send_what_fits=True), CONNECTION, 3600)
    assert [one.source for one in only.attachments] == [PHOTO.source, UPLOAD.source]
    assert (only.address, only.provider, only.reply.text, only.reply.send_what_fits) == (
        "+15005550006",
        "twilio",
        "Here",
        True,
    )


def test_a_reply_expires_by_the_accounts_rule_unless_it_says_when():
    """No replay may ever send a stale reply."""
    deadline = NOW + timedelta(minutes=5)
    default, given = (
        announced_reply(reply(text="x", expires_at=at), CONNECTION, 3600)[0].reply.expires_at for at in (None, deadline)
    )
    assert (default, given) == (NOW + timedelta(hours=1), deadline)


def test_the_same_request_is_the_same_message():
    """Source and id decide, so two systems that count from 1 do not collide."""
    first, again, other = (
        announced_reply(reply(source=source, text="x"), CONNECTION, 1)[0].message for source in ("crm", "crm", "erp")
    )
    assert first == again != other


@pytest.mark.parametrize(
    "key",
    [
        "quarantine/rival/uploads/u1",
        "media/acme/c/abc/original",
        "quarantine/acme/uploads/../../rival/u1",
        "quarantine/acme/uploads/u1/x",
        "quarantine/acme/c1/a1/attempt",
        "intake/acme/e1",
    ],
)
def test_files_outside_the_accounts_uploads_are_refused(key):
    """An object key is somebody's word: only the account's own uploads are reachable, both ways."""
    stolen = FileAnnounced(source=Source(object_key=key))
    with pytest.raises(Refused) as outbound:
        announced_reply(reply(files=[PHOTO, stolen]), CONNECTION, 3600)
    with pytest.raises(Refused) as inbound:
        announced_message(message(files=[stolen]), "twilio")
    assert {outbound.value.code, inbound.value.code} == {"file_not_in_account"}


def test_an_empty_reply_is_refused():
    """Neither words nor files: there is nothing to send."""
    with pytest.raises(Refused) as refused:
        announced_reply(reply(), CONNECTION, 3600)
    assert refused.value.code == "reply_empty"


def test_a_refused_reply_ends_each_of_its_files():
    """Every attachment ends visibly, under the message's own id."""
    reason = Reason(code="channel_not_connected", sentence="No.")
    request = reply(files=[PHOTO, UPLOAD])
    (end,) = unannounced_reply(request, reason)
    assert (end.reply_refused, end.reason) == (True, reason)
    assert [one.reason for one in end.attachments] == [reason, reason]
    assert end.message == identity.root_id("acme", "crm", "1")
