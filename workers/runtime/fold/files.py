"""What is known of each file of a message, from all events that mention it."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from schemas import identity
from schemas.attachment import (
    AnnouncedAttachment,
    Attachment,
    FittedAttachment,
    ReceivedAttachment,
    RejectedAttachment,
    RenderedAttachment,
    Rendition,
    StoredAttachment,
    ValidatedAttachment,
)
from schemas.message_received import MessageReceived
from schemas.reply_requested import ReplyRequested
from workers.runtime.fold.entry import Entry, message_of
from workers.runtime.views import AttachmentView

_ORDER = (
    AnnouncedAttachment,
    ReceivedAttachment,
    RejectedAttachment,
    ValidatedAttachment,
    StoredAttachment,
    RenderedAttachment,
    FittedAttachment,
)
"""Who knows more speaks later."""


def files_of(entries: Sequence[Entry]) -> dict[str, AttachmentView]:
    """By id, in their order; `state` is for others to say."""
    found: dict[str, AttachmentView] = {}
    sightings = [one for entry in entries for one in _sightings(entry)]
    for one in sorted(sightings, key=lambda one: _ORDER.index(type(one))):
        seen = found.get(one.id) or AttachmentView(id=one.id, index=one.index, state="announced")
        found[one.id] = _learn(seen, one)
    return dict(sorted(found.items(), key=lambda item: (item[1].index, item[0])))


def _sightings(entry: Entry) -> Iterator[Attachment]:
    data = entry.event.data
    if not isinstance(data, MessageReceived | ReplyRequested):
        yield from getattr(data, "attachments", ())
        return
    message = message_of(entry.event) or ""
    for index, file in enumerate(data.files):
        yield AnnouncedAttachment(
            id=identity.attachment_id(message, index),
            index=index,
            count=len(data.files),
            file_name=file.file_name,
            declared_media_type=file.declared_media_type,
            alt_text=file.alt_text,
            role=file.role,
            source=file.source,
        )


def withdrawn(view: AttachmentView) -> AttachmentView:
    """What a customer took back cannot be opened from here any more."""
    return AttachmentView(id=view.id, index=view.index, state=view.state, ended=view.ended)


def _learn(view: AttachmentView, one: Attachment) -> AttachmentView:
    view = replace(
        view,
        file_name=view.file_name or one.file_name,
        alt_text=view.alt_text or one.alt_text,
        role=view.role or one.role,
        media_type=view.media_type or one.declared_media_type,
    )
    match one:
        case FittedAttachment():
            return _fitted(view, one)
        case RenderedAttachment():
            return _rendered(view, one)
        case ValidatedAttachment():
            return _validated(view, one)
        case ReceivedAttachment():
            return replace(view, size_bytes=one.size_bytes)
        case RejectedAttachment():
            media_type = one.detected_media_type or view.media_type
            return replace(view, size_bytes=one.size_bytes or view.size_bytes, media_type=media_type)
    return view


def _validated(view: AttachmentView, one: ValidatedAttachment) -> AttachmentView:
    view = replace(
        view,
        media_type=one.detected_media_type,
        kind=one.kind,
        size_bytes=one.size_bytes,
        width=one.width,
        height=one.height,
        duration_seconds=one.duration_seconds,
        pages=one.pages,
        has_audio=one.has_audio,
        browser_shows=one.browser_shows,
        warnings=one.warnings,
    )
    if isinstance(one, StoredAttachment):
        view = replace(view, object_key=one.object_key, sha256=one.sha256)
    return view


def _rendered(view: AttachmentView, one: RenderedAttachment) -> AttachmentView:
    return replace(
        view,
        renditions=max(one.renditions, view.renditions, key=len),  # a film's poster comes before its version
        placeholder=one.placeholder or view.placeholder,
        width=view.width or one.width,
        height=view.height or one.height,
        preview_reason=None if one.renditions or view.renditions else one.reason,
    )


def _fitted(view: AttachmentView, one: FittedAttachment) -> AttachmentView:
    if one.conversion is None:
        return view
    fitted = Rendition(
        name="fitted",
        object_key=one.object_key,
        media_type=one.media_type,
        size_bytes=one.size_bytes,
        sha256=one.sha256,
        width=one.width,
        height=one.height,
    )
    return replace(view, conversion=one.conversion, fitted=fitted)
