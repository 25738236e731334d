"""The words that all ingest modules share, and what such a module must offer (`Ingest`)."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Raw, Struct

from schemas.attachment import Source
from schemas.message_received import FileAnnounced, FileMissing
from schemas.payload_received import PayloadReceived
from schemas.reason import Reason


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """
    One account's connection to one channel, from `accounts.yaml`. `credentials` never reach an event or a log.

    `options` are the channel's own switches (`number_type`, `api_version`); what they mean stands in its modules.
    """

    account: str
    channel: str
    provider: str
    address: str
    api_url: str
    credentials: Mapping[str, str] = field(repr=False, default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """
    A provider's call of our door. `url` is the exact public URL, query included; header names are lower-case.

    `received_at` is the door's own time, for signatures that expire.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """
    `external_id` is the provider's id: the same id is the same message, however often it comes.

    `conversation` only where a token of our own proves it: a customer may answer from another address.
    `automatic`: no person wrote it (an out-of-office note, a list, a notification): never answer it by machine.
    """

    external_id: str
    address: str
    contact: str
    contact_name: str | None = None
    text: str | None = None
    subject: str | None = None
    in_reply_to: str | None = None
    consent: str | None = None
    conversation: str | None = None
    automatic: bool = False
    sent_at: datetime | None = None
    files: Sequence[FileAnnounced] = ()
    missing: Sequence[FileMissing] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """
    What a provider says about something we sent. `message` and `part` come from our own token, if it came back.

    `falls_back`: it failed because of its files; the words with links to them may still leave.
    """

    external_id: str
    status: str
    conversation: str | None = None
    message: str | None = None
    part: str | None = None
    reason: Reason | None = None
    falls_back: bool = False
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The customer took back the message that the provider calls `external_id`."""

    external_id: str
    address: str
    contact: str
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    messages: Sequence[InboundMessage] = ()
    reports: Sequence[Report] = ()
    withdrawals: Sequence[Withdrawal] = ()


@dataclass(frozen=True, slots=True)
class Get:
    """
    A request of a download. `basic` (user, password) and `bearer` go to this URL's own host alone, never along a
    redirect to another one. `sha256` (lower-case hex) is what the file's bytes must have, where the provider says so.
    """

    url: str
    basic: tuple[str, str] | None = field(repr=False, default=None)
    bearer: str | None = field(repr=False, default=None)
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Got:
    """The answer to an intermediate step of a download (at most 1 MiB of body)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z")]
"""A name inside the work directory: what a decoding child answers must not lead anywhere else."""


class UnpackParams(Struct, frozen=True, kw_only=True):
    """What an unpacker is told beside the payload's body. `address` is ours that the payload is for."""

    headers: dict[str, str]
    address: str
    max_files: int
    max_file_bytes: int


class UnpackedFile(Struct, frozen=True, kw_only=True):
    name: FileName
    media_type: str
    size_bytes: int
    sha256: str


class Unpacked(Struct, frozen=True, kw_only=True):
    """
    What an unpacker leaves in its work directory: an outline (JSON, the module's own) and the files that it speaks of.

    `tokens` are what looks like a token of ours; only the worker, who has the keys, can tell.
    """

    outline: FileName
    files: list[UnpackedFile]
    tokens: list[str] = []


class Opened(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    The body that `parse` of such a module gets, as JSON: the outline with what only the worker knows.

    `uploads` are the object keys of the unpacker's files, in order. `known` are the indices of those whose content the
    conversation holds already. `broken`: there is no outline, since the payload broke the unpacker.
    """

    outline: Raw = Raw(b"null")
    uploads: list[str] = []
    proven: list[str] = []
    known: list[int] = []
    broken: Reason | None = None


class Unparsable(Exception):
    """Raised when a payload with a valid signature does not say what its provider documents."""

    code = "payload_unparsable"
    retryable = False


class NotYet(Exception):
    """Raised in a download when the provider does not hand the file over now, but may do so later."""

    code = "source_unavailable"
    retryable = True


class Ingest(Protocol):
    """What `ingest/<channel>.py` or `ingest/<channel>/<provider>.py` offers, as module-level functions."""

    CREDENTIALS: Sequence[str]
    """Names of the credentials that a connection needs, here and for delivery."""

    SIGNED_HEADERS: Sequence[str]
    """Lower-case names of the headers that `parse` needs; all others are dropped at the door."""

    def candidates(self, request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
        """Which of the channel's accounts this may be for, by what the payload claims."""

    def verify(self, request: Request, account: ChannelAccount) -> bool:
        """
        Whether the provider really sent it (signature over the raw bytes, constant-time).

        A payload may hold messages of several accounts: each one that it proves to be for gets its own event.
        """

    def challenge(self, request: Request, account: ChannelAccount) -> Answer | None:
        """The answer to a provider's subscription handshake, if this is one."""

    def answer(self, request: Request) -> Answer:
        """What the provider expects to hear once the payload is safe."""

    def parse(self, payload: PayloadReceived, body: bytes) -> Parsed:
        """Only what concerns `payload.address`. Raises Unparsable."""

    def download(self, source: Source, account: ChannelAccount) -> Generator[Get, Got, Get]:
        """
        Yields intermediate requests and is sent their answers; returns the request whose body is the file.

        Raises NotYet or `schemas.reason.Refused`.
        """


class Unpacks(Protocol):
    """
    What a module offers besides, whose payloads are containers that only a decoding child may open.

    Its `parse` then gets an `Opened`, as JSON, instead of the body.
    """

    UNPACKER: str
    """The decoding job: `ingest.<channel>.jobs:<function>`, (UnpackParams, source, workdir) -> Unpacked."""

    def proves(self, token: str, account: ChannelAccount) -> bool:
        """Whether a token was signed by this connection."""
