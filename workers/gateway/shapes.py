"""
What the HTTP API shows, as structs: every field is always there, null where it is not known yet.

The names of an attachment are those that helpdesk UIs code against already (`file_name`, `file_size`, `mime`,
`width`, `height`, `thumbnail_url`).
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from schemas.attachment import Conversion
from schemas.reason import Reason


class ErrorShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    code: str
    sentence: str
    limit: float | None = None
    actual: float | None = None


class ProblemShown(Struct, frozen=True, kw_only=True):
    """Every error looks like this."""

    error: ErrorShown


class UploadTaken(Struct, frozen=True, kw_only=True):
    """`upload` is what a message names; the bytes lie under `object_key` until then."""

    upload: str
    object_key: str
    size_bytes: int
    sha256: str
    file_name: str | None


class UploadProgress(Struct, frozen=True, kw_only=True):
    """An upload in pieces goes on at `received_bytes`."""

    upload: str
    received_bytes: int


class Warned(Struct, frozen=True, kw_only=True):
    code: str
    sentence: str


class MessageTaken(Struct, frozen=True, kw_only=True):
    """It is safe; what becomes of it shows in the thread."""

    message: str
    conversation: str


class ReplyTaken(MessageTaken, frozen=True, kw_only=True):
    """`warnings` do not stop a reply."""

    warnings: list[Warned]


class ResolutionTaken(Struct, frozen=True, kw_only=True):
    message: str
    part: str
    answer: str


class VisitorSession(Struct, frozen=True, kw_only=True):
    token: str
    expires_in_seconds: int
    conversation: str
    contact: str


class Nothing(Struct, frozen=True, kw_only=True):
    """An empty object."""


class AttachmentShown(Struct, frozen=True, kw_only=True):
    """
    `type` is image, video, audio or file. URLs are signed, null as long as there is nothing behind them, and die at
    `expires_at`: ask again for fresh ones. `placeholder` is a base64 ThumbHash.

    `browser_shows` says whether a browser shows or plays `url` itself; where it does not, `full_url` may be a version
    that it does. `animation_url` is a small moving preview. `preview_url` of what an agent sends is mostly the file as
    it left, and null until then.
    """

    id: str
    index: int
    state: str
    ended: bool
    type: str | None
    mime: str | None
    file_name: str | None
    file_size: int | None
    width: int | None
    height: int | None
    duration_seconds: float | None
    pages: int | None
    has_audio: bool | None
    browser_shows: bool | None
    alt: str | None
    role: str | None
    placeholder: str | None
    url: str | None
    thumbnail_url: str | None
    preview_url: str | None
    animation_url: str | None
    full_url: str | None
    expires_at: datetime | None
    reason: Reason | None


class SentFile(Struct, frozen=True, kw_only=True):
    """The file as it left, where that is not the original."""

    mime: str
    file_size: int
    width: int | None
    height: int | None
    url: str


class AgentAttachment(AttachmentShown, frozen=True, kw_only=True):
    sent: SentFile | None
    conversion: Conversion | None
    preview_reason: Reason | None
    warnings: list[Reason]
    sha256: str | None


class PartShown(Struct, frozen=True, kw_only=True):
    id: str
    index: int
    state: str
    text: str | None
    attachments: list[str]
    links: list[str]
    replaces: str | None
    external_id: str | None
    reason: Reason | None


class MessageShown(Struct, frozen=True, kw_only=True):
    message: str
    conversation: str | None
    direction: str
    channel: str
    state: str
    ended: bool
    at: datetime
    text: str | None
    subject: str | None
    consent: str | None
    automatic: bool
    contact: str | None
    contact_name: str | None
    agent: str | None
    ticket: str | None
    reason: Reason | None
    attachments: list[AgentAttachment]
    parts: list[PartShown]
    cursor: int


class MessageChanged(Struct, frozen=True, kw_only=True):
    """What a webhook to a helpdesk tells: the message as it is now. `timestamp` is when it was told."""

    type: Literal["message.changed"] = "message.changed"
    timestamp: datetime
    data: MessageShown


class LastMessage(Struct, frozen=True, kw_only=True):
    """Enough of a message for a list of tickets. `types` are those of its files."""

    message: str
    direction: str
    state: str
    at: datetime
    text: str | None
    types: list[str | None]


class ConversationShown(Struct, frozen=True, kw_only=True):
    """`inbound_files`: how many files the contact has sent so far; a page that remembers the number knows the new."""

    conversation: str
    channel: str
    address: str | None
    contact: str | None
    contact_name: str | None
    changed_at: datetime
    cursor: int
    last: LastMessage | None
    inbound_files: int


class ThreadShown(Struct, frozen=True, kw_only=True):
    """`cursor` is what `after` wants next time, `earlier` what `before` wants for the page before; null: no such."""

    conversation: ConversationShown
    messages: list[MessageShown]
    cursor: int
    earlier: str | None


class ConversationsShown(Struct, frozen=True, kw_only=True):
    """`cursor` is where `/v1/events` goes on."""

    conversations: list[ConversationShown]
    cursor: int


class VisitorMessageShown(Struct, frozen=True, kw_only=True):
    """`sender` is `visitor` or `agent`; `parts` are what a receipt names."""

    message: str
    sender: str
    state: str
    at: datetime
    text: str | None
    attachments: list[AttachmentShown]
    parts: list[str]


class VisitorThreadShown(Struct, frozen=True, kw_only=True):
    messages: list[VisitorMessageShown]
    cursor: int
    earlier: str | None


class KindShown(Struct, frozen=True, kw_only=True):
    """`media_types` empty: all that are let in."""

    max_bytes: int
    media_types: list[str]


class ChannelShown(Struct, frozen=True, kw_only=True):
    """
    A connection of the account, and what a reply over it may hold. `kinds`: what can leave as a file (image, video,
    audio, file); `links`: whether the rest may leave as a link; `begins`: whether people may be written to first.
    """

    channel: str
    provider: str
    address: str
    max_message_bytes: int
    max_files_per_message: int
    max_text: int
    kinds: dict[str, KindShown]
    links: bool
    begins: bool


class ChannelsShown(Struct, frozen=True, kw_only=True):
    channels: list[ChannelShown]
    max_upload_bytes: int
