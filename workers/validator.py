"""
Find out what a file really is, and whether it may pass.

consumes  media_received
emits     media_validated, media_rejected
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from schemas.attachment import ReceivedAttachment, ValidatedAttachment, advance
from schemas.event import Event, EventData
from schemas.media_received import MediaReceived
from schemas.media_rejected import MediaRejected
from schemas.media_validated import MediaValidated
from schemas.message import carry
from schemas.reason import Reason, Refused
from thumbnails.orders import Inspection, InspectParams
from workers.refusing import GONE, nothing_left, rejection, sift
from workers.runtime.objects import ObjectMissing
from workers.runtime.ports import Ports
from workers.runtime.settings import MediaPolicy
from workers.runtime.workdir import workdir
from workers.runtime.worker import Worker


def validate(event: Event[MediaReceived], ports: Ports) -> Sequence[EventData]:
    policy = ports.settings.media
    media = event.data

    def look(attachment: ReceivedAttachment) -> ValidatedAttachment:
        found = inspect(attachment, ports)
        if not matches(found.media_type, policy.allowed_media_types):
            raise Refused(
                Reason(
                    code="type_not_allowed",
                    sentence=f"Files of type {found.media_type} are not accepted. Please send a picture or a PDF.",
                )
            )
        return advance(
            attachment,
            ValidatedAttachment,
            detected_media_type=found.media_type,
            kind=found.kind,
            width=found.width,
            height=found.height,
            frames=found.frames,
        )

    passed, rejected = sift(media, media.attachments, look)
    if nothing_left(rejected):
        return rejected
    lane = "heavy" if any(is_heavy(attachment, policy) for attachment in passed) else "light"
    return [*rejected, carry(media, MediaValidated, attachments=passed, lane=lane)]


def inspect(attachment: ReceivedAttachment, ports: Ports) -> Inspection:
    limits = ports.settings.media.decode
    with workdir() as folder:
        source = folder / "source"
        try:
            ports.store.download(attachment.object_key, source)
        except ObjectMissing:
            raise Refused(GONE) from None
        return ports.decode.run(
            "thumbnails.jobs:inspect",
            InspectParams(max_pixels=limits.max_pixels, max_frames=limits.max_frames),
            source=source,
            workdir=folder,
            returns=Inspection,
        )


def matches(media_type: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(media_type, pattern) for pattern in patterns)


def is_heavy(attachment: ValidatedAttachment, policy: MediaPolicy) -> bool:
    return attachment.size_bytes >= policy.heavy.min_bytes or matches(
        attachment.detected_media_type, policy.heavy.media_types
    )


worker = Worker(
    name="validator",
    queues="validate",
    handlers={MediaReceived: validate},
    emits=(MediaValidated, MediaRejected),
    ending=rejection,
)
