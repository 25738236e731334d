"""The words that all deliver modules share, and what such a module must offer (`Deliver`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.incoming import ChannelAccount
from schemas.message import Reply
from schemas.reason import Reason


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel's provider takes, outbound; the numbers come from `config/channels.yaml`."""

    max_message_bytes: int
    max_file_bytes: int
    max_files_per_message: int
    max_text_chars: int
    media_types: frozenset[str]
    """Types that may leave as they are. Empty: all."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    attachment: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One provider message: its text and the ids of its files, in order."""

    text: str | None
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """`url` is a signed URL of our own that the provider can fetch without credentials."""

    attachment: str
    url: str
    media_type: str
    size_bytes: int
    file_name: str


@dataclass(frozen=True, slots=True)
class OutgoingPart:
    """`callback_url` carries our token, so that a report finds this part even before the send has answered."""

    id: str
    message: str
    conversation: str
    address: str
    contact: str
    text: str | None
    files: Sequence[OutgoingFile]
    callback_url: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    What a provider's answer means. `state`:

    - `accepted`: it has the message, under `external_id`
    - `refused`: it will never take it; `reason` says why
    - `not_accepted`: it surely did not take it, trying again may help (`retry_after_seconds` if it said so)
    - `ambiguous`: it may or may not have taken it
    """

    state: str
    external_id: str | None = None
    reason: Reason | None = None
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class NotSent(Exception):
    """Raised when a request surely did not reach the provider (refused connection, unknown host, TLS failure)."""

    code = "provider_unreachable"
    retryable = True


class NoAnswer(Exception):
    """Raised when a request may have reached the provider, but no whole answer came back."""

    code = "provider_silent"
    retryable = False


class Client(Protocol):
    """The one HTTP client for everything outgoing. It never retries a send by itself."""

    def post_form(
        self, url: str, fields: Sequence[tuple[str, str]], *, basic: tuple[str, str] | None = None
    ) -> ProviderAnswer:
        """Raises NotSent or NoAnswer."""

    def get(self, url: str, *, basic: tuple[str, str] | None = None) -> ProviderAnswer:
        """Raises NotSent or NoAnswer. Answers of at most 1 MiB."""


class Deliver(Protocol):
    """What `deliver/<channel>.py` or `deliver/<channel>/<provider>.py` offers, as module-level functions."""

    def plan(self, reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
        """How a reply becomes provider messages. Raises Refused for what the channel can never carry."""

    def send(self, part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
        """Send one part, once."""

    def reconcile(self, part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:
        """Ask the provider whether a part in doubt arrived; None where it cannot tell."""
