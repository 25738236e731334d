"""What a helpdesk sees: conversations, their messages, the files in them and what became of each."""

from datetime import datetime

from msgspec import Struct

from schemas.attachment import Conversion, Rendition
from schemas.reason import Reason


class AttachmentView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One file. `state`: announced, received, validated, stored, fitted, then one of shown, refused, failed (inbound) or
    sent, unconfirmed, delivered, read, refused, failed, in_doubt (outbound).

    `object_key` is the original, once it is stored. `fitted` is what leaves, where that is another file.
    """

    id: str
    index: int
    state: str
    ended: bool = False
    file_name: str | None = None
    media_type: str | None = None
    kind: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None
    pages: int | None = None
    has_audio: bool | None = None
    browser_shows: bool | None = None
    """Whether a browser shows or plays the original itself."""
    warnings: list[Reason] = []
    """What did not keep the file from passing, but an agent should know."""
    placeholder: str | None = None
    alt_text: str | None = None
    role: str | None = None
    object_key: str | None = None
    sha256: str | None = None
    renditions: list[Rendition] = []
    preview_reason: Reason | None = None
    """Why there is no preview, where one was to be expected."""
    conversion: Conversion | None = None
    fitted: Rendition | None = None
    reason: Reason | None = None
    stage: str | None = None
    """The worker that owes the next step."""
    attempts: int = 0
    """How often that step has failed so far."""
    deadline_at: datetime | None = None


class PartView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One provider message. `state`: planned, sent, unconfirmed, delivered, read, failed or in_doubt. Unconfirmed: it was
    sent, and its receipt is overdue.
    """

    id: str
    index: int
    state: str
    text: str | None = None
    attachments: list[str] = []
    links: list[str] = []
    replaces: str | None = None
    attempt: int = 0
    external_id: str | None = None
    accepted_at: datetime | None = None
    reported_at: datetime | None = None
    reason: Reason | None = None


class MessageView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    `state`, inbound: arriving until each of its files has an end, then shown (or failed), or withdrawn by the customer:
    then its words and files are gone from here. Outbound: requested,
    preparing, planned, then one of sent, unconfirmed, delivered, read, refused, failed, in_doubt.
    """

    account: str
    message: str
    direction: str
    channel: str
    state: str
    at: datetime
    """When we first heard of it; the order of a thread."""
    ended: bool = False
    conversation: str | None = None
    provider: str | None = None
    address: str | None = None
    contact: str | None = None
    contact_name: str | None = None
    agent: str | None = None
    ticket: str | None = None
    text: str | None = None
    subject: str | None = None
    external_id: str | None = None
    """The provider's id of a customer's message."""
    in_reply_to: str | None = None
    consent: str | None = None
    automatic: bool = False
    """No person wrote it."""
    sent_at: datetime | None = None
    reason: Reason | None = None
    attachments: list[AttachmentView] = []
    parts: list[PartView] = []
    cursor: int = 0
    """The conversation's cursor when the message last changed."""


class ConversationView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    account: str
    conversation: str
    channel: str
    cursor: int
    changed_at: datetime
    address: str | None = None
    contact: str | None = None
    contact_name: str | None = None


class SummaryView(Struct, frozen=True, kw_only=True):
    """A conversation as a list of tickets shows it: what was said last, and how many files the contact has sent."""

    last: MessageView | None = None
    inbound_files: int = 0


class ThreadView(Struct, frozen=True, kw_only=True):
    """
    `cursor` is what to ask with next time: all changes up to it are included, and perhaps later ones.

    `earlier`: what came before these messages was left out.
    """

    conversation: ConversationView
    cursor: int
    messages: list[MessageView]
    earlier: bool = False
