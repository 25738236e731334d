"""A refusal ends attachments one by one inbound, and as a whole reply outbound."""

from datetime import UTC, datetime

import pytest

from schemas.attachment import AnnouncedAttachment, Source
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.event import Event
from schemas.message import Reply
from schemas.reason import Reason, Refused
from workers.refusing import COMPANION, rejection, sift

BAD = Reason(code="type_not_allowed", sentence="No.")


def announced(*names: str, text: str | None = None, send_what_fits: bool = False) -> AttachmentsAnnounced:
    return AttachmentsAnnounced(
        direction="outbound",
        channel="sms",
        provider="twilio",
        account="acme",
        address="+1",
        contact="+2",
        conversation="c",
        message="m",
        reply=Reply(text=text, expires_at=datetime(2026, 1, 1, tzinfo=UTC), send_what_fits=send_what_fits),
        attachments=[
            AnnouncedAttachment(id=name, index=index, count=len(names), source=Source(url="https://x.example"))
            for index, name in enumerate(names)
        ],
    )


def refuse_bad(attachment: AnnouncedAttachment) -> str:
    if attachment.id == "bad":
        raise Refused(BAD)
    return attachment.id


def test_what_passes_is_returned_in_order():
    """A stage's step runs over every attachment."""
    media = announced("a", "b")
    assert sift(media, media.attachments, refuse_bad) == (["a", "b"], [])


def test_one_bad_file_refuses_the_whole_reply():
    """The guilty one is named, so that the ending can tell it from its companions."""
    media = announced("a", "bad", "b")
    with pytest.raises(Refused) as refused:
        sift(media, media.attachments, refuse_bad)
    assert (refused.value.attachment, refused.value.reason) == ("bad", BAD)


def test_send_what_fits_leaves_the_bad_file_out():
    """The rest of the reply goes on, and the refused file is visible with its reason."""
    media = announced("a", "bad", send_what_fits=True)
    passed, rejected = sift(media, media.attachments, refuse_bad)
    assert passed == ["a"]
    assert [[(one.id, one.reason) for one in event.attachments] for event in rejected] == [[("bad", BAD)]]
    assert [event.reply_refused for event in rejected] == [False]


def test_send_what_fits_with_nothing_left_refuses_the_reply():
    """A reply without words and without a file that fits is a refused reply."""
    media = announced("bad", send_what_fits=True)
    _, rejected = sift(media, media.attachments, refuse_bad)
    assert [event.reply_refused for event in rejected] == [True]


def test_companions_of_a_guilty_file_are_told_so():
    """Every attachment of a refused reply ends visibly, the innocent ones with a reason of their own."""
    media = announced("a", "bad")
    event = Event(
        id="e",
        source="trombone/test",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        account="acme",
        subject="s",
        correlation_id="m",
        data=media,
    )
    (ended,) = rejection(event, BAD, "bad")
    assert [(one.id, one.reason) for one in ended.attachments] == [("a", COMPANION), ("bad", BAD)]
    assert (ended.reply_refused, ended.reason) == (True, BAD)
