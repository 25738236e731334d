"""
Promote a validated file from quarantine to where it can be opened.

consumes  media_validated
emits     media_stored, media_rejected
"""

from collections.abc import Sequence

from schemas import object_keys
from schemas.attachment import StoredAttachment, ValidatedAttachment, advance
from schemas.event import Event, EventData
from schemas.media_rejected import MediaRejected
from schemas.media_stored import MediaStored
from schemas.media_validated import MediaValidated
from schemas.message import carry
from schemas.reason import Reason, Refused
from workers.refusing import GONE, nothing_left, rejection, sift
from workers.runtime.objects import Object, ObjectChanged, ObjectMissing
from workers.runtime.ports import Ports
from workers.runtime.worker import Worker


def store(event: Event[MediaValidated], ports: Ports) -> Sequence[EventData]:
    media = event.data

    def promote(attachment: ValidatedAttachment) -> StoredAttachment:
        key = object_keys.original(media.account, media.conversation, attachment.sha256)
        kept = existing(key, ports) or copied(attachment, key, ports)
        return advance(attachment, StoredAttachment, object_key=key, etag=kept.etag)

    passed, rejected = sift(media, media.attachments, promote)
    if nothing_left(rejected):
        return rejected
    return [*rejected, carry(media, MediaStored, attachments=passed)]


def existing(key: str, ports: Ports) -> Object | None:
    try:
        return ports.store.head(key)
    except ObjectMissing:
        return None


def copied(attachment: ValidatedAttachment, key: str, ports: Ports) -> Object:
    """The bytes that were validated, and no others: the copy holds only while the etag does."""
    try:
        return ports.store.copy(
            attachment.object_key, key, etag=attachment.etag, media_type=attachment.detected_media_type
        )
    except ObjectChanged:
        raise Refused(
            Reason(code="file_changed", sentence="The file changed while it was checked. Please send it again.")
        ) from None
    except ObjectMissing:
        raise Refused(GONE) from None


worker = Worker(
    name="storer",
    queues="store",
    handlers={MediaValidated: store},
    emits=(MediaStored, MediaRejected),
    ending=rejection,
)
