"""The document around an event's data: a CloudEvents 1.0 envelope, in JSON that nobody can read two ways."""

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.values import Account, Line, Time

MAX_BYTES = 64 * 1024
"""What needs more goes by object key. 64 KB is also what CloudEvents asks every consumer to take (section "Size")."""
MAX_DEPTH = 64
MAX_DETAIL = 500
"""Characters of an error's text: it travels in a header."""

DATA_TYPE: Literal["application/json"] = "application/json"


class Unreadable(Exception):
    """Raised when bytes are no event of ours; trying again cannot help. `detail` names fields, never their values."""

    retryable = False

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail[:MAX_DETAIL]}")
        self.code = code
        self.detail = detail[:MAX_DETAIL]


class NewerVersion(Unreadable):
    """Raised when an event's version is newer than this program: a rolling upgrade is under way, so waiting helps."""


class Document(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The envelope, field by field in the order in which it is written; `account` and below are extensions."""

    specversion: Literal["1.0"]
    id: Line
    source: Line
    type: Annotated[str, Meta(min_length=1, max_length=255)]
    subject: Line | None = None
    time: Time
    datacontenttype: Literal["application/json"] | None = None
    dataschema: Line | None = None
    account: Account
    correlationid: Line | None = None
    causationid: Line | None = None
    traceparent: Line | None = None
    data: dict[str, Any]


_DECODER = msgspec.json.Decoder(Document)
_ENCODER = msgspec.json.Encoder()


def write_document(document: Document) -> bytes:
    return _ENCODER.encode(document)


def read_document(body: bytes) -> Document:
    """Raises Unreadable: `not_json` or `not_an_event`."""
    if len(body) > MAX_BYTES:
        raise Unreadable("not_an_event", f"{len(body)} bytes are more than {MAX_BYTES}; large content goes by key")
    try:
        document = _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise Unreadable("not_an_event", str(error)) from error
    except msgspec.DecodeError as error:
        raise Unreadable("not_json", str(error)) from error
    except UnicodeDecodeError as error:
        raise Unreadable("not_json", f"Not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise Unreadable("not_json", f"Nested deeper than {MAX_DEPTH}") from error
    _refuse_depth(body, document.data)
    _refuse_nul(body, document)
    return document


def refuse_duplicate_keys(body: bytes) -> None:
    """Two readers may disagree about which of two values counts; what comes from outside must leave no choice."""
    json.loads(body, object_pairs_hook=_once)


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable("not_json", f"The key {key[:64]!r} is given twice")
        found[key] = value
    return found


def _refuse_depth(body: bytes, data: dict[str, Any]) -> None:
    # Counting brackets is a cheap upper bound, which hardly any event exceeds.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and sum(1 for _ in _levels(data)) > MAX_DEPTH:
        raise Unreadable("not_json", f"Nested deeper than {MAX_DEPTH}")


def _refuse_nul(body: bytes, document: Document) -> None:
    if b"\\u0000" not in body:
        return
    nodes = (node for level in _levels(msgspec.structs.asdict(document)) for node in level)
    if any("\0" in node for node in nodes if isinstance(node, str)):
        raise Unreadable("not_an_event", "A string holds NUL (U+0000), which no database keeps")


def _levels(value: Any) -> Iterator[list[Any]]:
    """All nodes of a JSON tree, keys among them, level by level: a deep one must not use up the stack."""
    level = [value]
    while level:
        yield level
        level = [child for node in level for child in _children(node)]


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return (*node.keys(), *node.values())
    return node if isinstance(node, list) else ()
