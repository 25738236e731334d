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
from workers.runtime.objects import ObjectChanged, ObjectMissing
from workers.runtime.ports import Ports
from workers.runtime.worker import Worker

CHANGED = Reason(code="file_changed", sentence="The file changed while it was checked. Please send it again.")


def store(event: Event[MediaValidated], ports: Ports) -> Sequence[EventData]:
    media = event.data

    def promote(attachment: ValidatedAttachment) -> StoredAttachment:
        key = object_keys.original(media.account, media.conversation, attachment.sha256)
        return advance(attachment, StoredAttachment, object_key=key, etag=promoted(attachment, key, ports))

    passed, rejected = sift(media, media.attachments, promote)
    if nothing_left(rejected):
        return rejected
    return [*rejected, carry(media, MediaStored, attachments=passed)]


def promoted(attachment: ValidatedAttachment, key: str, ports: Ports) -> str:
    """
    The etag of the original: the bytes that were validated, and no others.

    Copying them again, after an earlier delivery or for another message, changes nothing: the key is their digest. When
    they are not in quarantine any more, such a copy may still be there.
    """
    try:
        return ports.store.copy(
            attachment.object_key, key, etag=attachment.etag, media_type=attachment.detected_media_type
        )
    except ObjectChanged:
        return existing(key, ports, CHANGED)
    except ObjectMissing:
        return existing(key, ports, GONE)


def existing(key: str, ports: Ports, otherwise: Reason) -> str:
    try:
        return ports.store.head(key).etag
    except ObjectMissing:
        raise Refused(otherwise) from None


worker = Worker(
    name="storer",
    queues="store",
    handlers={MediaValidated: store},
    emits=(MediaStored, MediaRejected),
    ending=rejection,
)
