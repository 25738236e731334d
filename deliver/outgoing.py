"""The words that all deliver modules share, and what such a module must offer (`Deliver`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ingest.incoming import ChannelAccount
from schemas.message import Reply
from schemas.reason import Reason


def nothing_to_read() -> AbstractContextManager[Iterator[bytes]]:
    """Stands where a provider fetches the file itself."""
    return nullcontext(iter(()))


@dataclass(frozen=True, slots=True)
class KindLimits:
    """
    What a channel takes of one kind of file: `image`, `video`, `audio` or `file`.

    `media_types`: those that may leave as they are; empty: all. `captioned`: whether words can ride along. What has to
    be converted becomes one of `preferred_types`, the first that will do; a video with `plain_h264` one that every
    decoder plays.
    """

    media_types: frozenset[str]
    max_bytes: int
    max_files: int
    captioned: bool = True
    preferred_types: tuple[str, ...] = ()
    plain_h264: bool = False

    def takes(self, media_type: str) -> bool:
        return not self.media_types or media_type in self.media_types


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What a channel's provider takes, outbound; the numbers come from `config/channels.yaml`.

    A kind that is not among `kinds` cannot leave as a file. `text_unit` is `chars` or `bytes` (UTF-8), for both texts
    and captions. `links`: whether what cannot leave as a file may leave as a link. `media_prefixes`: beginnings of the
    contacts that can receive files at all; empty: all. `overhead`: how many times its size a file weighs on the wire.
    """

    kinds: Mapping[str, KindLimits]
    max_message_bytes: int
    max_files_per_message: int
    max_text: int
    max_caption: int
    text_unit: str = "chars"
    links: bool = False
    media_prefixes: tuple[str, ...] = ()
    overhead: float = 1.0

    def kind_of(self, media_type: str) -> str | None:
        """As which kind a file of this type leaves; None: not at all. The own family goes first, `file` last."""
        family = media_type.partition("/")[0]
        order = sorted(self.kinds, key=lambda kind: (kind != family, kind == "file"))
        return next((kind for kind in order if self._takes_as(kind, family, media_type)), None)

    def _takes_as(self, kind: str, family: str, media_type: str) -> bool:
        """A kind that takes everything takes everything of its own family; a `file` may be anything."""
        limits = self.kinds[kind]
        return media_type in limits.media_types or (not limits.media_types and kind in (family, "file"))


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """`kind` is what the file is by its content."""

    attachment: str
    media_type: str
    size_bytes: int
    kind: str = "file"


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One provider message: its text and the ids of its files, in order."""

    text: str | None
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """
    `url` is a signed URL of our own that the provider can fetch without credentials; `read` streams the bytes, for
    providers that are handed them. `kind` is as what it leaves (`Limits.kind_of`).
    """

    attachment: str
    url: str
    media_type: str
    size_bytes: int
    file_name: str
    kind: str = "file"
    alt_text: str | None = None
    role: str | None = None
    read: Callable[[], AbstractContextManager[Iterator[bytes]]] = field(repr=False, default=nothing_to_read)


@dataclass(frozen=True, slots=True)
class OutgoingLink:
    """A file that leaves as a link: signed, and dead after `expires_at`."""

    url: str
    file_name: str
    size_bytes: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OutgoingPart:
    """
    `callback_url` carries our token, so that a report finds this part even before the send has answered.

    `tried_at` is when the attempt in doubt was made, for `reconcile`; a send has none.
    """

    id: str
    message: str
    conversation: str
    address: str
    contact: str
    text: str | None
    files: Sequence[OutgoingFile]
    callback_url: str
    links: Sequence[OutgoingLink] = ()
    subject: str | None = None
    in_reply_to: str | None = None
    tried_at: datetime | None = None

    @property
    def token(self) -> str:
        """Our name for the part where a provider echoes a string back: `<conversation>/<message>/<part>`."""
        return f"{self.conversation}/{self.message}/{self.id}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    What a provider's answer means. `state`:

    - `accepted`: it has the message, under `external_id`
    - `refused`: it will never take it; `reason` says why
    - `not_accepted`: it surely did not take it, trying again may help (`retry_after_seconds` if it said so)
    - `ambiguous`: it may or may not have taken it

    `falls_back`: it is the files that it will not take; the words with links to them may still leave. `alarms`: nothing
    will leave, or not well, until an administrator has looked (credentials, a suspended account, files out of reach).
    """

    state: str
    external_id: str | None = None
    reason: Reason | None = None
    retry_after_seconds: float | None = None
    falls_back: bool = False
    alarms: bool = False


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class MailServer:
    """`url` is `smtps://host:port` or `smtp://host:port`. `plain`: without TLS, where the operator allows it."""

    url: str
    user: str = ""
    password: str = field(repr=False, default="")
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient. `pieces` are its bytes, CRLF at line ends, without a date: the client stamps it on."""

    sender: str
    recipient: str
    size_bytes: int
    pieces: Callable[[], Iterator[bytes]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """A mail server's last word: 250, or whatever it said first against the mail. `enhanced` may be empty."""

    code: int
    enhanced: str
    text: str


class NotSent(Exception):
    """Raised when a request surely did not reach the provider (refused connection, unknown host, TLS failure)."""

    code = "provider_unreachable"
    retryable = True


class NoAnswer(Exception):
    """Raised when a request may have reached the provider, but no whole answer came back."""

    code = "provider_silent"
    retryable = False


class Client(Protocol):
    """
    The one client for everything outgoing. It never retries a send by itself. Answers of at most 1 MiB.

    Every method raises NotSent or NoAnswer.
    """

    def get(self, url: str, *, basic: tuple[str, str] | None = None, bearer: str | None = None) -> ProviderAnswer: ...

    def post_form(
        self, url: str, fields: Sequence[tuple[str, str]], *, basic: tuple[str, str] | None = None
    ) -> ProviderAnswer: ...

    def post_json(self, url: str, document: object, *, bearer: str | None = None) -> ProviderAnswer: ...

    def post_file(
        self,
        url: str,
        fields: Sequence[tuple[str, str]],
        name: str,
        file: OutgoingFile,
        *,
        bearer: str | None = None,
    ) -> ProviderAnswer:
        """A multipart form with one file, streamed from where it lies; `name` is the form field that holds it."""

    def mail(self, server: MailServer, mail: Mail) -> MailAnswer:
        """
        Hand a mail to a server, over a connection that is kept for the next one.

        A mail larger than the server's SIZE is answered with 552 before anything is sent.
        """


class Deliver(Protocol):
    """What `deliver/<channel>.py` or `deliver/<channel>/<provider>.py` offers, as module-level functions."""

    def plan(self, reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
        """How a reply becomes provider messages. Raises Refused for what the channel can never carry."""

    def send(self, part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
        """Send one part, once."""

    def reconcile(self, part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:
        """Ask the provider whether a part in doubt arrived; None where it cannot tell."""
