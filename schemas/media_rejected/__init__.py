"""Files ended here, each with a reason that an agent understands."""

from typing import ClassVar

from schemas.attachment import RejectedAttachment
from schemas.message import MediaEvent
from schemas.reason import Reason


class MediaRejected(MediaEvent, frozen=True, kw_only=True):
    """
    Outbound, `reply_refused` says that nothing of the reply will be sent: then all its attachments are listed, the
    innocent ones with the code `another_file_was_refused`.
    """

    event_type: ClassVar[str] = "media_rejected"
    version: ClassVar[int] = 1

    attachments: list[RejectedAttachment]
    reply_refused: bool = False
    reason: Reason | None = None
    """Why the reply as a whole was refused."""
