"""How a refusal ends the attachments of a media event: one by one inbound, as a whole reply outbound."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from schemas.attachment import Attachment, RejectedAttachment, advance
from schemas.event import AnyEvent, EventData
from schemas.media_rejected import MediaRejected
from schemas.message import MediaEvent, carry
from schemas.reason import Reason, Refused

A = TypeVar("A", bound=Attachment)
B = TypeVar("B")

COMPANION = Reason(
    code="another_file_was_refused",
    sentence="Nothing was sent, because another file of the same reply was refused.",
)

GONE = Reason(code="file_expired", sentence="The file waited too long and is gone. Please send it again.")


def rejection(event: AnyEvent, reason: Reason, guilty: str | None = None) -> Sequence[EventData]:
    """Refuse all that the event holds: the guilty one for its reason, its companions for company."""
    media: MediaEvent = event.data
    return [_rejected(media, [(one, _blame(one, reason, guilty)) for one in media.attachments], reason)]  # type: ignore[attr-defined]


def sift(media: MediaEvent, attachments: Iterable[A], step: Callable[[A], B]) -> tuple[list[B], list[MediaRejected]]:
    """
    Apply a stage's step to every attachment: what passed, and the rejections to emit.

    The first refusal is raised on, unless the reply said `send_what_fits`: then the refused are left out.
    """
    passed: list[B] = []
    refused: list[tuple[Attachment, Reason]] = []
    for attachment in attachments:
        try:
            passed.append(step(attachment))
        except Refused as refusal:
            if not (media.reply and media.reply.send_what_fits):
                raise Refused(refusal.reason, attachment.id) from refusal
            refused.append((attachment, refusal.reason))
    if not refused:
        return passed, []
    nothing_left = not passed and not (media.reply and media.reply.text)
    return passed, [_rejected(media, refused, refused[0][1] if nothing_left else None)]


def nothing_left(rejected: Iterable[MediaRejected]) -> bool:
    """Whether the refusals leave nothing to go on with."""
    return any(one.reply_refused for one in rejected)


def _blame(attachment: Attachment, reason: Reason, guilty: str | None) -> Reason:
    return reason if guilty in (None, attachment.id) else COMPANION


def _rejected(
    media: MediaEvent, attachments: Sequence[tuple[Attachment, Reason]], whole: Reason | None
) -> MediaRejected:
    outbound = media.direction == "outbound"
    return carry(
        media,
        MediaRejected,
        attachments=[advance(attachment, RejectedAttachment, reason=reason) for attachment, reason in attachments],
        reply_refused=outbound and whole is not None,
        reason=whole if outbound else None,
    )
