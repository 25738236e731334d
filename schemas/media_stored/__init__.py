"""The originals have been promoted from quarantine and can be opened."""

from typing import ClassVar

from schemas.attachment import StoredAttachment
from schemas.message import MediaEvent


class MediaStored(MediaEvent, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "media_stored"
    version: ClassVar[int] = 1

    attachments: list[StoredAttachment]
