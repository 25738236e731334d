"""Thumbnails and previews exist, or it is known why not."""

from typing import ClassVar

from schemas.attachment import RenderedAttachment
from schemas.message import MediaEvent


class ThumbnailsRendered(MediaEvent, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "thumbnails_rendered"
    version: ClassVar[int] = 1

    attachments: list[RenderedAttachment]
