"""The files are what they may be; type, size and pixels are known."""

from typing import ClassVar

from schemas.attachment import ValidatedAttachment
from schemas.message import MediaEvent


class MediaValidated(MediaEvent, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "media_validated"
    version: ClassVar[int] = 1

    attachments: list[ValidatedAttachment]
