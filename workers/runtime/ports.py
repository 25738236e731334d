"""What a handler may use. Nothing is connected before it is touched, so a media worker never opens a database."""

from pathlib import Path
from typing import Protocol, TypeVar

from msgspec import Struct

from deliver.outgoing import Client
from schemas.reason import Reason
from workers.runtime.clock import Clock
from workers.runtime.fetching import Fetcher
from workers.runtime.ledger import Ledger
from workers.runtime.links import Links
from workers.runtime.objects import ObjectStore
from workers.runtime.scanning import Scanner
from workers.runtime.settings import Settings
from workers.runtime.turns import Turns
from workers.runtime.views import MessageView

R = TypeVar("R", bound=Struct)


class Decoder(Protocol):
    """Runs a named job over untrusted bytes in a killable child (`thumbnails.jobs:inspect`)."""

    def run(self, job: str, params: Struct, *, source: Path, workdir: Path, returns: type[R]) -> R:
        """
        The child reads `source`, may write files into `workdir`, and answers with a struct.

        Raises Refused: what the job refused itself, or `decoder_crashed`, `decode_timed_out`, `decode_out_of_memory`.
        """

    def attempt(self, job: str, params: Struct, *, source: Path, workdir: Path, returns: type[R]) -> R | Reason:
        """`run`, with a refusal's reason returned where that is a normal answer."""


class Told(Protocol):
    """What the record says, to whoever may only ask."""

    def has_written(self, account: str, conversation: str) -> bool:
        """Whether a message of the customer's is on the record. Raises DatabaseUnavailable."""

    def message(self, account: str, message: str) -> MessageView | None:
        """Raises DatabaseUnavailable."""


class Ports(Protocol):
    """Read-only. `workers.runtime.assemble.LivePorts` is the real one; tests may hand in any object of this shape."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def store(self) -> ObjectStore: ...
    @property
    def decode(self) -> Decoder: ...
    @property
    def scan(self) -> Scanner | None: ...
    @property
    def fetch(self) -> Fetcher: ...
    @property
    def client(self) -> Client: ...
    @property
    def links(self) -> Links: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def turns(self) -> Turns: ...
    @property
    def record(self) -> Told: ...
