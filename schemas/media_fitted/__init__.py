"""The plan of a delivery, made once and frozen: which provider messages leave, in which order, with which bytes."""

from typing import ClassVar

from schemas.attachment import FittedAttachment
from schemas.event import Piece
from schemas.message import MediaEvent
from schemas.values import Id, Index, Text


class Part(Piece, frozen=True, kw_only=True):
    """One provider message. `attachments` are ids of this event's attachments, in the order in which they leave."""

    id: Id
    index: Index
    text: Text | None = None
    attachments: list[Id] = []
    links: list[Id] = []
    """Attachments that leave as links instead: the channel cannot carry them."""
    falls_back: bool = False
    """Whether the same words leave once more, with links, when the provider or carrier cannot take the files."""


class MediaFitted(MediaEvent, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "media_fitted"
    version: ClassVar[int] = 1

    attachments: list[FittedAttachment]
    parts: list[Part]
