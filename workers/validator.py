"""
Find out what a file really is, and whether it may pass.

consumes  media_received
emits     media_validated, media_rejected
"""

from collections.abc import Sequence

from schemas.attachment import ReceivedAttachment, ValidatedAttachment, advance
from schemas.event import Event, EventData
from schemas.media_received import MediaReceived
from schemas.media_rejected import MediaRejected
from schemas.media_validated import MediaValidated
from schemas.message import carry
from schemas.reason import Reason, Refused
from thumbnails.claims import disagreements
from thumbnails.orders import Inspection
from workers.media_types import check_allowed, inspect_params, matches
from workers.refusing import GONE, nothing_left, rejection, sift
from workers.runtime.media_policy import MediaPolicy
from workers.runtime.objects import ObjectMissing
from workers.runtime.ports import Ports
from workers.runtime.workdir import workdir
from workers.runtime.worker import Worker
from workers.screening import screen, screen_entries


def validate(event: Event[MediaReceived], ports: Ports) -> Sequence[EventData]:
    policy = ports.settings.media
    media = event.data

    def look(attachment: ReceivedAttachment) -> ValidatedAttachment:
        found, remarks = inspect(attachment, ports)
        check_allowed(found.media_type, policy)
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
            warnings=[*remarks, *claims, *found.warnings],
        )

    passed, rejected = sift(media, media.attachments, look)
    if nothing_left(rejected):
        return rejected
    lane = "heavy" if any(is_heavy(attachment, policy) for attachment in passed) else "light"
    return [*rejected, carry(media, MediaValidated, attachments=passed, lane=lane)]


def inspect(attachment: ReceivedAttachment, ports: Ports) -> tuple[Inspection, list[Reason]]:
    """What the file is, and what the virus scanner has to say about it, which looks first."""
    with workdir() as folder:
        source = folder / "source"
        try:
            ports.store.download(attachment.object_key, source)
        except ObjectMissing:
            raise Refused(GONE) from None
        remarks = screen(attachment, source, ports)
        found = ports.decode.run(
            "thumbnails.jobs:inspect",
            inspect_params(ports.settings.media),
            source=source,
            workdir=folder,
            returns=Inspection,
        )
    return found, [*remarks, *screen_entries(attachment, found, ports)]


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
