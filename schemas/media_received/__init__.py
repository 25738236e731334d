"""The bytes lie in quarantine."""

from typing import ClassVar

from schemas.attachment import ReceivedAttachment
from schemas.message import MediaEvent


class MediaReceived(MediaEvent, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "media_received"
    version: ClassVar[int] = 1

    attachments: list[ReceivedAttachment]
