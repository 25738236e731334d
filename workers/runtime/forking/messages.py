"""
What worker, fork server and child tell each other: one JSON struct per packet on sockets that keep packets apart.

The worker sends an `Order` with one end of the job's own socket. On that socket the child says at most one `Result`,
`Refusal` or `Failure`; then the server says `Ended`. What a child says is as untrusted as the bytes it decoded.
"""

from msgspec import Raw, Struct, json

from schemas.reason import Reason

PACKET_BYTES = 65_536
"""No answer is longer; pictures travel as files."""


class Ready(Struct, frozen=True, tag=True):
    """The server takes orders. `without` names the kinds of confinement that this machine refused."""

    without: list[str]


class Order(Struct, frozen=True, kw_only=True, tag=True):
    job: str
    params: Raw
    source: str
    workdir: str
    cpu_seconds: int
    memory_bytes: int
    output_bytes: int
    may_thread: bool = False


class Result(Struct, frozen=True, tag=True):
    value: Raw


class Refusal(Struct, frozen=True, tag=True):
    reason: Reason


class Failure(Struct, frozen=True, tag=True):
    """An exception nobody foresaw: its type and the place, never its text, which may quote a customer's file."""

    error: str
    out_of_memory: bool = False


class Ended(Struct, frozen=True, tag=True):
    """The exit code, or minus the signal; what the child held in memory at its peak, and its CPU time."""

    code: int
    peak_kib: int = 0
    cpu_ms: int = 0


Answer = Result | Refusal | Failure
encode = json.Encoder().encode
decode_said = json.Decoder(Result | Refusal | Failure | Ended).decode
decode_order = json.Decoder(Order).decode
decode_ready = json.Decoder(Ready).decode
