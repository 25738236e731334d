"""What agents and visitors see of the record."""

import time
from datetime import UTC, datetime
from io import BytesIO
from threading import Thread

import pytest

from schemas import identity, object_keys
from schemas.attachment import (
    AnnouncedAttachment,
    Conversion,
    FittedAttachment,
    RenderedAttachment,
    Rendition,
    Source,
    StoredAttachment,
)
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.codec import encode
from schemas.delivery import PartOutcome
from schemas.delivery_completed import DeliveryCompleted
from schemas.lineage import begin, follow
from schemas.media_fitted import MediaFitted, Part
from schemas.media_stored import MediaStored
from schemas.message import Reply
from schemas.message_received import FileAnnounced, MessageReceived
from schemas.reply_requested import ReplyRequested
from schemas.thumbnails_rendered import ThumbnailsRendered
from tests.integration.gateway_door import ACME, ACME_READER, NUMBER, PUBLIC, RIVAL, open_door
from workers.runtime.record import RecordedDelivery

CUSTOMER = "+14155550100"
PHOTO, THUMBNAIL, FITTED = b"a photo of 4 MB", b"a thumbnail", b"a photo without GPS"
SHA = "ab" * 32


@pytest.fixture
def door(tmp_path):
    with open_door(tmp_path) as door:
        yield door


def record(door, *events):
    deliveries = [RecordedDelivery(how="event", body=encode(event), event=event) for event in events]
    deadlines = {name: one.deadline_seconds for name, one in door.services.settings.queues.workers.items()}
    door.services.record.write(deliveries, deadlines)


def keep(door, key, data, media_type):
    door.services.store.put(key, BytesIO(data), size_bytes=len(data), media_type=media_type)


class Message:
    """A message with one photo, told event by event."""

    def __init__(self, door, direction, channel, address, contact, text, name="1"):
        self.door = door
        self.conversation = identity.conversation_id("acme", channel, address, contact)
        files = [FileAnnounced(source=Source(url="https://files.example/a.jpg"), file_name="crack.jpg")]
        said = {"channel": channel, "account": "acme", "address": address, "contact": contact, "text": text}
        if direction == "inbound":
            self.id = identity.inbound_message_id("acme", channel, name)
            said |= {"external_id": name, "conversation": self.conversation, "message": self.id}
        else:
            self.id = identity.root_id("acme", "test", name)
        kind = MessageReceived if direction == "inbound" else ReplyRequested
        self.event = begin(kind(files=files, **said), id=name, source="test", now=datetime.now(UTC))
        self.about = {
            "direction": direction,
            "channel": channel,
            "provider": "twilio" if channel == "sms" else channel,
            "account": "acme",
            "address": address,
            "contact": contact,
            "conversation": self.conversation,
            "message": self.id,
        }
        self.reply = Reply(text=text, expires_at=datetime(2099, 1, 1, tzinfo=UTC)) if direction == "outbound" else None
        self.attachment = identity.attachment_id(self.id, 0)
        self.part = identity.part_id(self.id, 0)
        record(door, self.event)

    def then(self, kind, **fields):
        reply = {"reply": self.reply} if issubclass(kind, (AttachmentsAnnounced, MediaStored, MediaFitted)) else {}
        (self.event,) = follow(
            self.event, [kind(**self.about, **reply, **fields)], source="test", now=datetime.now(UTC)
        )
        record(self.door, self.event)

    def file(self, **fields):
        return {"id": self.attachment, "index": 0, "count": 1, "file_name": "crack.jpg", **fields}

    def announce(self):
        source = Source(url="https://files.example/a.jpg")
        self.then(AttachmentsAnnounced, attachments=[AnnouncedAttachment(**self.file(source=source))])

    def store(self):
        self.key = object_keys.original("acme", self.conversation, SHA)
        keep(self.door, self.key, PHOTO, "image/jpeg")
        stored = StoredAttachment(
            **self.file(
                object_key=self.key,
                etag="e",
                size_bytes=len(PHOTO),
                sha256=SHA,
                detected_media_type="image/jpeg",
                kind="image",
                width=4000,
                height=3000,
            )
        )
        self.then(MediaStored, attachments=[stored])
        thumbnail = object_keys.derived(self.key, "thumbnail-320.webp")
        keep(self.door, thumbnail, THUMBNAIL, "image/webp")
        self.then(
            ThumbnailsRendered,
            attachments=[
                RenderedAttachment(
                    **self.file(
                        renditions=[
                            Rendition(
                                name="thumbnail-320",
                                object_key=thumbnail,
                                media_type="image/webp",
                                size_bytes=len(THUMBNAIL),
                                sha256=SHA,
                                width=320,
                                height=240,
                            )
                        ],
                        placeholder="1QcSHQRnh493V4dIh4eXh1h4kJUI",
                        width=4000,
                        height=3000,
                    )
                )
            ],
        )

    def fit(self):
        fitted = object_keys.derived(self.key, "fitted-1.jpg")
        keep(self.door, fitted, FITTED, "image/jpeg")
        self.then(
            MediaFitted,
            attachments=[
                FittedAttachment(
                    **self.file(
                        object_key=fitted,
                        media_type="image/jpeg",
                        size_bytes=len(FITTED),
                        sha256=SHA,
                        width=1600,
                        height=1200,
                        conversion=Conversion(
                            from_media_type="image/jpeg",
                            from_size_bytes=len(PHOTO),
                            to_media_type="image/jpeg",
                            to_size_bytes=len(FITTED),
                            steps=["resized"],
                        ),
                    )
                )
            ],
            parts=[Part(id=self.part, index=0, text=self.reply.text, attachments=[self.attachment])],
        )

    def deliver(self):
        outcome = PartOutcome(
            part=self.part,
            index=0,
            state="accepted",
            attempt=1,
            external_id=self.part,
            accepted_at=datetime.now(UTC),
            attachments=[self.attachment],
        )
        self.then(DeliveryCompleted, parts=[outcome])


def inbound(door, name="1"):
    return Message(door, "inbound", "sms", NUMBER, CUSTOMER, "Look", name)


def test_a_photo_from_announcement_to_thumbnail(door):
    """Text and a placeholder show at once, URLs when there is something behind them."""
    message = inbound(door)
    message.announce()
    early = door.ask("GET", f"/v1/conversations/{message.conversation}", key=ACME).json()
    message.store()
    late = door.ask("GET", f"/v1/conversations/{message.conversation}", key=ACME).json()
    (before,), (after,) = early["messages"][0]["attachments"], late["messages"][0]["attachments"]
    assert early["messages"][0]["text"] == "Look"
    assert (before["url"], before["thumbnail_url"], before["expires_at"]) == (None, None, None)
    assert (after["type"], after["mime"], after["file_name"], after["file_size"]) == (
        "image",
        "image/jpeg",
        "crack.jpg",
        len(PHOTO),
    )
    assert (after["width"], after["height"], after["state"], after["ended"]) == (4000, 3000, "shown", True)
    assert after["placeholder"]
    assert late["conversation"]["contact"] == CUSTOMER
    assert set(before) == set(after)
    original, thumbnail = (door.ask("GET", after[name].removeprefix(PUBLIC)) for name in ("url", "thumbnail_url"))
    assert (original.body, original.headers["content-type"]) == (PHOTO, "image/jpeg")
    assert (thumbnail.body, thumbnail.headers["content-type"]) == (THUMBNAIL, "image/webp")
    assert 'filename="crack.webp"' in thumbnail.headers["content-disposition"]


def test_a_cursor_brings_only_what_changed(door):
    """A client that comes back asks with the cursor it was given."""
    first = inbound(door, "1")
    path = f"/v1/conversations/{first.conversation}"
    cursor = door.ask("GET", path, key=ACME).json()["cursor"]
    assert door.ask("GET", f"{path}?after={cursor}", key=ACME).json()["messages"] == []
    second = inbound(door, "2")
    news = door.ask("GET", f"{path}?after={cursor}", key=ACME).json()
    assert [one["message"] for one in news["messages"]] == [second.id]
    assert news["cursor"] > cursor


def test_a_client_may_wait_for_news(door):
    """The answer comes when there is something to say, not before and not much later."""
    first = inbound(door, "1")
    path = f"/v1/conversations/{first.conversation}"
    cursor = door.ask("GET", path, key=ACME).json()["cursor"]
    answers = []
    waiting = Thread(target=lambda: answers.append(door.ask("GET", f"{path}?after={cursor}&wait=10", key=ACME).json()))
    waiting.start()
    second = inbound(door, "2")
    waiting.join(timeout=8)
    assert [one["message"] for one in answers[0]["messages"]] == [second.id]


def test_waiting_ends(door):
    """Without news the answer is empty when the time is over."""
    first = inbound(door, "1")
    path = f"/v1/conversations/{first.conversation}"
    cursor = door.ask("GET", path, key=ACME).json()["cursor"]
    started = time.monotonic()
    answer = door.ask("GET", f"{path}?after={cursor}&wait=1", key=ACME)
    assert answer.json()["messages"] == []
    assert 0.9 < time.monotonic() - started < 5


def test_a_reply_shows_what_left(door):
    """The agent sees the original, what was sent instead, and what was done to it."""
    message = Message(door, "outbound", "sms", NUMBER, CUSTOMER, "Here")
    message.announce()
    message.store()
    message.fit()
    message.deliver()
    shown = door.ask("GET", f"/v1/messages/{message.id}", key=ACME).json()
    (file,) = shown["attachments"]
    assert (shown["state"], shown["parts"][0]["state"]) == ("sent", "sent")
    assert file["sent"]["file_size"] == len(FITTED)
    assert file["conversion"]["steps"] == ["resized"]
    assert door.ask("GET", file["url"].removeprefix(PUBLIC)).body == PHOTO
    assert door.ask("GET", file["sent"]["url"].removeprefix(PUBLIC)).body == FITTED


def test_conversations_are_listed(door):
    """The one that changed last comes first."""
    first = inbound(door)
    second = Message(door, "inbound", "sms", NUMBER, "+14155550199", "Hello", "2")
    listed = door.ask("GET", "/v1/conversations", key=ACME_READER).json()["conversations"]
    assert [one["conversation"] for one in listed] == [second.conversation, first.conversation]
    only = door.ask("GET", "/v1/conversations?limit=1", key=ACME).json()["conversations"]
    assert len(only) == 1


def test_another_account_sees_nothing(door):
    """A key reaches its own account: what belongs to another does not exist."""
    message = inbound(door)
    paths = (f"/v1/conversations/{message.conversation}", f"/v1/messages/{message.id}")
    assert [door.ask("GET", path, key=RIVAL).status for path in paths] == [404, 404]
    assert door.ask("GET", "/v1/conversations", key=RIVAL).json() == {"conversations": [], "cursor": 0}


def test_nothing_is_shown_without_a_key(door):
    """Threads are customers' words."""
    paths = ("/v1/conversations", "/v1/conversations/x", "/v1/messages/x")
    assert {door.ask("GET", path).status for path in paths} == {401}


@pytest.mark.parametrize("query", ["after=-1", "after=x", "wait=1.5", "after=²"])
def test_a_wrong_number_is_refused(door, query):
    """422, naming the field."""
    answer = door.ask("GET", f"/v1/conversations/x?{query}", key=ACME)
    assert (answer.status, answer.error) == (422, "wrong_field")


def test_what_does_not_exist(door):
    """Each with a code that programs can tell apart."""
    answers = [door.ask("GET", path, key=ACME) for path in ("/v1/conversations/x", "/v1/messages/x")]
    assert [(one.status, one.error) for one in answers] == [
        (404, "conversation_unknown"),
        (404, "message_unknown"),
    ]


def test_a_visitor_sees_a_reply_only_when_it_has_left(door):
    """Before that an agent's file may still be refused; and what shows is what left, not the agent's original."""
    visitor = door.ask("POST", "/webchat/acme-shop/sessions").json()
    stranger = door.ask("POST", "/webchat/acme-shop/sessions").json()
    message = Message(door, "outbound", "webchat", "acme-shop", visitor["contact"], "Here")
    message.announce()
    message.store()
    message.fit()
    early = door.ask("GET", "/webchat/messages", key=visitor["token"]).json()
    message.deliver()
    late = door.ask("GET", f"/webchat/messages?after={early['cursor']}", key=visitor["token"]).json()
    assert early["messages"] == []
    (shown,) = late["messages"]
    assert (shown["sender"], shown["text"], shown["parts"]) == ("agent", "Here", [message.part])
    (file,) = shown["attachments"]
    assert (file["file_size"], file["width"]) == (len(FITTED), 1600)
    assert door.ask("GET", file["url"].removeprefix(PUBLIC)).body == FITTED
    assert {"sent", "conversion", "sha256"} & set(file) == set()
    assert door.ask("GET", "/webchat/messages", key=stranger["token"]).json()["messages"] == []


def test_a_visitor_sees_its_own_message(door):
    """What was said shows at once, with the state of its file."""
    visitor = door.ask("POST", "/webchat/acme-shop/sessions").json()
    message = Message(door, "inbound", "webchat", "acme-shop", visitor["contact"], "It broke")
    message.announce()
    (shown,) = door.ask("GET", "/webchat/messages", key=visitor["token"]).json()["messages"]
    assert (shown["sender"], shown["text"], len(shown["attachments"])) == ("visitor", "It broke", 1)
