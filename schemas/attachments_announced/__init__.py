"""Files are known to exist; their bytes are still elsewhere."""

from typing import ClassVar

from schemas.attachment import AnnouncedAttachment
from schemas.message import MediaEvent


class AttachmentsAnnounced(MediaEvent, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "attachments_announced"
    version: ClassVar[int] = 1

    attachments: list[AnnouncedAttachment]
