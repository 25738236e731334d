"""The storer: the bytes that were validated, and no others, once."""

from hashlib import sha256
from threading import Barrier, Thread

import msgspec

from schemas import identity
from schemas.media_rejected import MediaRejected
from schemas.media_stored import MediaStored
from tests.workbench import ACCOUNT, CUSTOMER, Bench, head, once, refusals, replying, validated
from workers.storer import worker

PHOTO = b"the bytes of a photo"
DIGEST = sha256(PHOTO).hexdigest()


def elsewhere() -> dict[str, str]:
    """The head of another customer's message."""
    other = "+14155550199"
    conversation = identity.conversation_id(ACCOUNT, "sms", CUSTOMER, other)
    return head(message="m2", contact=other, conversation=conversation)


def replaced(on: Bench, media) -> None:
    """Somebody writes other bytes under the key of a validated file."""
    on.keep(media.attachments[0].object_key, b"other bytes")


def test_a_validated_file_is_promoted(on):
    """It lies under its digest in its conversation, as what it is, and quarantine keeps its copy for the reaper."""
    media = validated(on, head(), PHOTO)
    (file,) = on.run(worker, media).only(MediaStored).attachments
    assert file.object_key == f"media/acme/{media.conversation}/{DIGEST}/original"
    assert (on.content(file.object_key), on.store.head(file.object_key).media_type) == (PHOTO, "image/jpeg")
    assert file.etag == on.store.head(file.object_key).etag
    assert on.content(media.attachments[0].object_key) == PHOTO


def test_a_file_that_changed_since_it_was_validated_is_refused(on):
    """What was checked and what would be kept must be the same bytes."""
    media = validated(on, head(), PHOTO)
    replaced(on, media)
    assert refusals(on.run(worker, media).only(MediaRejected)) == [(0, "file_changed")]
    assert on.keys("media/") == []


def test_a_file_that_is_gone_is_refused(on):
    """The sentence says what to do."""
    media = validated(on, head(), PHOTO)
    on.store.delete(media.attachments[0].object_key)
    rejected = on.run(worker, media).only(MediaRejected)
    assert refusals(rejected) == [(0, "file_expired")]
    assert "send it again" in rejected.attachments[0].reason.sentence


def test_a_redelivery_tells_the_same(on):
    """Even when the quarantine is empty by now, or holds something else."""
    media = validated(on, head(), PHOTO)
    first = on.run(worker, media).data
    assert on.run(worker, media).data == first
    replaced(on, media)
    assert on.run(worker, media).data == first
    on.store.delete(media.attachments[0].object_key)
    assert on.run(worker, media).data == first
    assert on.content(first[0].attachments[0].object_key) == PHOTO


def test_the_same_file_twice_in_a_conversation_is_one_object(on):
    """Shared by content inside a conversation."""
    stored = [on.run(worker, validated(on, head(message=name), PHOTO)).only(MediaStored) for name in ("m1", "m2")]
    assert len({one.attachments[0].object_key for one in stored}) == 1
    assert len(on.keys("media/")) == 1


def test_the_same_file_in_two_conversations_is_two_objects(on):
    """So that erasing a person is erasing a prefix."""
    for about in (head(), elsewhere()):
        on.run(worker, validated(on, about, PHOTO)).only(MediaStored)
    assert len(on.keys("media/")) == 2


def test_two_deliveries_at_once_give_the_same_result(on):
    """A race is won by one of them and told alike by both."""
    media = validated(on, head(), PHOTO)
    barrier, results = Barrier(2), []

    def deliver() -> None:
        barrier.wait()
        results.append(on.run(worker, media).data)

    threads = [Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results[0] == results[1]
    assert len(on.keys("media/")) == 1


def test_the_lane_goes_along(on):
    """What is heavy stays heavy."""
    media = validated(on, head(lane="heavy"), PHOTO)
    assert on.run(worker, media).only(MediaStored).lane == "heavy"


def test_a_reply_of_which_nothing_is_left_ends(on):
    """`send_what_fits` without words and without a file goes no further."""
    media = validated(on, replying(send_what_fits=True), PHOTO)
    replaced(on, media)
    rejected = on.run(worker, media).only(MediaRejected)
    assert (rejected.reply_refused, refusals(rejected)) == (True, [(0, "file_changed")])


def test_words_go_on_without_their_file(on):
    """`send_what_fits` with words left is a reply of words."""
    media = validated(on, replying("words", send_what_fits=True), PHOTO)
    replaced(on, media)
    rejected, stored = on.run(worker, media).data
    assert (rejected.reply_refused, stored.attachments) == (False, [])


def test_fields_of_a_newer_producer_are_carried_along(on):
    """Attachments pass on what nobody here knows."""
    media = validated(on, head(), PHOTO)
    newer = msgspec.structs.replace(media.attachments[0], extra={"mood": "bright"})
    media = msgspec.structs.replace(media, attachments=[newer])
    assert on.run(worker, media).only(MediaStored).attachments[0].extra == {"mood": "bright"}


def test_an_empty_message_goes_on(on):
    """Words without files take the same way."""
    first, second = once(lambda: on.run(worker, validated(on, replying("words"))))
    assert first == second
    assert first[0].attachments == []
