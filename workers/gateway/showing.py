"""From the record's views to what the API shows: fresh signed URLs for what can be opened."""

from collections.abc import Sequence
from datetime import timedelta
from mimetypes import guess_extension, guess_type
from pathlib import PurePosixPath
from typing import Protocol

import msgspec

from schemas.attachment import Rendition
from thumbnails.capabilities import capability
from workers.gateway.shapes import (
    AgentAttachment,
    AttachmentShown,
    ConversationShown,
    LastMessage,
    MessageShown,
    PartShown,
    SentFile,
    VisitorMessageShown,
)
from workers.runtime.clock import Clock
from workers.runtime.links import Links
from workers.runtime.views import AttachmentView, ConversationView, MessageView, PartView, SummaryView

MIN_LIFE_SECONDS = 600
STEP_SECONDS = 300
"""URLs expire on whole steps: within one, a thread that is polled shows the same URLs, and browsers cache."""

LAST_WORDS = 200
"""Characters of a last message: a list shows one line of it."""

ON_ITS_WAY = frozenset({"sent", "unconfirmed", "delivered", "read"})


class Signing(Protocol):
    """What makes URLs, and says until when they live."""

    @property
    def links(self) -> Links: ...
    @property
    def clock(self) -> Clock: ...


class Showing:
    """One answer: all its URLs expire at the same time."""

    def __init__(self, services: Signing, account: str) -> None:
        self._links = services.links
        self._account = account
        now = services.clock.now()
        self._lives_seconds = MIN_LIFE_SECONDS + STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS
        self._expires_at = now.replace(microsecond=0) + timedelta(seconds=self._lives_seconds)

    def message(self, view: MessageView) -> MessageShown:
        return MessageShown(
            message=view.message,
            conversation=view.conversation,
            direction=view.direction,
            channel=view.channel,
            state=view.state,
            ended=view.ended,
            at=view.at,
            text=view.text,
            subject=view.subject,
            consent=view.consent,
            automatic=view.automatic,
            contact=view.contact,
            contact_name=view.contact_name,
            agent=view.agent,
            ticket=view.ticket,
            reason=view.reason,
            attachments=[self._for_agent(one) for one in view.attachments],
            parts=[_part(one) for one in view.parts],
            cursor=view.cursor,
        )

    def for_visitor(self, view: MessageView) -> VisitorMessageShown | None:
        """What the visitor may see: of a reply only the parts that have left, with the files as they left."""
        if view.direction == "inbound":
            return _visitor_message(view, "visitor", view.text, [self._plain(one) for one in view.attachments], [])
        parts = [part for part in view.parts if part.state in ON_ITS_WAY]
        if not parts:
            return None
        text = "\n".join(part.text for part in parts if part.text) or None
        sent = {attachment for part in parts for attachment in part.attachments}
        files = [self._as_sent(one) for one in view.attachments if one.id in sent]
        attachments = [msgspec.structs.replace(one, reason=None) for one in files]  # an agent's to read
        return _visitor_message(view, "agent", text, attachments, [part.id for part in parts])

    def _for_agent(self, view: AttachmentView) -> AgentAttachment:
        return AgentAttachment(
            **msgspec.structs.asdict(self._plain(view)),
            sent=self._sent(view),
            conversion=view.conversion,
            preview_reason=view.preview_reason,
            warnings=view.warnings,
            sha256=view.sha256,
        )

    def _plain(self, view: AttachmentView) -> AttachmentShown:
        url = self._url(view.object_key, view.media_type, view.file_name)
        return AttachmentShown(
            id=view.id,
            index=view.index,
            state=view.state,
            ended=view.ended,
            type=view.kind,
            mime=view.media_type,
            file_name=view.file_name,
            file_size=view.size_bytes,
            width=view.width,
            height=view.height,
            duration_seconds=view.duration_seconds,
            pages=view.pages,
            has_audio=view.has_audio,
            browser_shows=view.browser_shows,
            alt=view.alt_text,
            role=view.role,
            placeholder=view.placeholder,
            url=url,
            thumbnail_url=self._named_url(view, "thumbnail"),
            preview_url=self._named_url(view, "preview") or self._preview_of_sent(view),
            animation_url=self._named_url(view, "animation"),
            full_url=self._named_url(view, "full"),
            expires_at=self._expires_at if url else None,
            reason=view.reason,
        )

    def _as_sent(self, view: AttachmentView) -> AttachmentShown:
        """The original stays with the agent: it may hold a place and a name that were taken out of what left."""
        if view.fitted is None:
            return self._plain(view)
        return msgspec.structs.replace(
            self._plain(view),
            mime=view.fitted.media_type,
            file_size=view.fitted.size_bytes,
            width=view.fitted.width,
            height=view.fitted.height,
            browser_shows=capability(view.fitted.media_type).browser_shows,
            url=self._rendition_url(view, view.fitted),
        )

    def _sent(self, view: AttachmentView) -> SentFile | None:
        fitted = view.fitted
        if fitted is None or fitted.object_key == view.object_key:
            return None
        return SentFile(
            mime=fitted.media_type,
            file_size=fitted.size_bytes,
            width=fitted.width,
            height=fitted.height,
            url=self._rendition_url(view, fitted),
        )

    def _preview_of_sent(self, view: AttachmentView) -> str | None:
        """What left is its own preview where nobody made another one: never the original, which may tell more."""
        fitted = view.fitted
        if fitted is None or view.kind != "image" or not capability(fitted.media_type).browser_shows:
            return None
        return self._rendition_url(view, fitted)

    def _named_url(self, view: AttachmentView, name: str) -> str | None:
        found = next((one for one in view.renditions if one.name.partition("-")[0] == name), None)
        return self._rendition_url(view, found) if found else None

    def _rendition_url(self, view: AttachmentView, rendition: Rendition) -> str:
        url = self._url(rendition.object_key, rendition.media_type, view.file_name)
        assert url
        return url

    def _url(self, object_key: str | None, media_type: str | None, file_name: str | None) -> str | None:
        if object_key is None or media_type is None:
            return None
        name = fitting_name(file_name, media_type)
        return self._links.media_url(
            self._account, object_key, media_type=media_type, file_name=name, lives_seconds=self._lives_seconds
        )


def fitting_name(file_name: str | None, media_type: str) -> str:
    """The name with an extension that belongs to the type: a thumbnail of `a.heic` is saved as `a.webp`."""
    name = file_name or "file"
    extension = guess_extension(media_type, strict=False)
    if extension is None or guess_type(name, strict=False)[0] == media_type:
        return name
    return PurePosixPath(name).stem + extension


def conversation(view: ConversationView, summary: SummaryView) -> ConversationShown:
    return ConversationShown(
        conversation=view.conversation,
        channel=view.channel,
        address=view.address,
        contact=view.contact,
        contact_name=view.contact_name,
        changed_at=view.changed_at,
        cursor=view.cursor,
        last=_last(summary.last) if summary.last else None,
        inbound_files=summary.inbound_files,
    )


def _last(view: MessageView) -> LastMessage:
    return LastMessage(
        message=view.message,
        direction=view.direction,
        state=view.state,
        at=view.at,
        text=view.text[:LAST_WORDS] if view.text else None,
        types=[one.kind for one in view.attachments],
    )


def _part(view: PartView) -> PartShown:
    return PartShown(
        id=view.id,
        index=view.index,
        state=view.state,
        text=view.text,
        attachments=view.attachments,
        links=view.links,
        replaces=view.replaces,
        external_id=view.external_id,
        reason=view.reason,
    )


def _visitor_message(
    view: MessageView, sender: str, text: str | None, attachments: Sequence[AttachmentShown], parts: Sequence[str]
) -> VisitorMessageShown:
    return VisitorMessageShown(
        message=view.message,
        sender=sender,
        state=view.state,
        at=view.at,
        text=text,
        attachments=list(attachments),
        parts=list(parts),
    )
