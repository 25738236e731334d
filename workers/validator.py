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
from thumbnails.capabilities import capability
from thumbnails.claims import disagreements
from thumbnails.orders import Inspection, InspectParams
from workers.refusing import GONE, nothing_left, rejection, sift
from workers.runtime.objects import ObjectMissing
from workers.runtime.ports import Ports
from workers.runtime.settings import MediaPolicy
from workers.runtime.workdir import workdir
from workers.runtime.worker import Worker

NOT_ALLOWED = {
    "program": "is a program, and programs are never accepted.",
    "markup": "can run scripts, so it is not accepted. Please send a picture or a PDF.",
}
"""What is wrong with a family of types, after `A file of type …`."""


def validate(event: Event[MediaReceived], ports: Ports) -> Sequence[EventData]:
    policy = ports.settings.media
    media = event.data

    def look(attachment: ReceivedAttachment) -> ValidatedAttachment:
        found = inspect(attachment, ports)
        if not matches(found.media_type, policy.allowed_media_types):
            raise Refused(not_allowed(found.media_type))
        claims = disagreements(found.media_type, attachment.declared_media_type, attachment.file_name)
        return advance(
            attachment,
            ValidatedAttachment,
            detected_media_type=found.media_type,
            kind=found.kind,
            width=found.width,
            height=found.height,
            frames=found.frames,
            duration_seconds=found.duration_seconds,
            pages=found.pages,
            has_audio=found.has_audio,
            browser_shows=found.browser_shows,
            warnings=[*claims, *found.warnings],
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
            InspectParams(
                max_pixels=limits.max_pixels,
                max_frames=limits.max_frames,
                max_seconds=limits.max_seconds,
                max_pages=limits.max_pages,
                max_entries=limits.max_entries,
                max_unpacked_bytes=limits.max_unpacked_bytes,
            ),
            source=source,
            workdir=folder,
            returns=Inspection,
        )


def matches(media_type: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(media_type, pattern) for pattern in patterns)


def not_allowed(media_type: str) -> Reason:
    why = NOT_ALLOWED.get(capability(media_type).family, "is not accepted. Please send a picture or a PDF.")
    return Reason(code="type_not_allowed", sentence=f"A file of type {media_type} {why}")


def is_heavy(attachment: ValidatedAttachment, policy: MediaPolicy) -> bool:
    pixels = (attachment.width or 0) * (attachment.height or 0) * (attachment.frames or 1)
    return (
        attachment.size_bytes >= policy.heavy.min_bytes
        or pixels >= policy.heavy.min_pixels
        or matches(attachment.detected_media_type, policy.heavy.media_types)
    )


worker = Worker(
    name="validator",
    queues="validate",
    handlers={MediaReceived: validate},
    emits=(MediaValidated, MediaRejected),
    ending=rejection,
)
