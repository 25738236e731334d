"""
Our names inside mail addresses and Message-IDs, signed: `c…` a conversation, `p…` one mail that we sent.

A token is a letter and 42 characters of lower-case Base32 (address parts may lose their case on the way): the 16 bytes
of an id and 10 bytes of HMAC-SHA256 by the connection's `thread_key`. A local part holds at most 64 characters (RFC
5321 section 4.5.3.1.1, read 2026-11-22).
"""

import re
from base64 import b32decode, b32encode
from collections.abc import Iterable
from hmac import compare_digest, digest
from uuid import UUID

CONVERSATION = "c"
PART = "p"
MAX_LOCAL_CHARS = 64
_MAC_BYTES = 10
_PADDING = "======"
_TOKEN = re.compile(r"(?<![a-z0-9])[cp][a-z2-7]{42}(?![a-z0-9])")


def sign(kind: str, name: str, key: str) -> str:
    """`name` is one of our ids, a UUID."""
    raw = UUID(name).bytes
    return kind + b32encode(raw + _mac(kind, raw, key)).decode().rstrip("=").lower()


def proves(token: str, key: str) -> bool:
    if not key or not _TOKEN.fullmatch(token):
        return False
    raw = _bytes_of(token)
    return compare_digest(raw[16:], _mac(token[0], raw[:16], key))


def name_in(token: str) -> str:
    """The id inside; proves nothing."""
    return str(UUID(bytes=_bytes_of(token)[:16]))


def found_in(texts: Iterable[str], kind: str = "cp") -> list[str]:
    """Whatever looks like a token, in order, each once."""
    found = (match for text in texts for match in _TOKEN.findall(text.lower()))
    return list(dict.fromkeys(token for token in found if token[0] in kind))


def tagged(address: str, token: str) -> str:
    """`support@acme.example` -> `support+<token>@acme.example`; unchanged where that would be too long."""
    local, _, domain = address.rpartition("@")
    whole = f"{local}+{token}"
    return f"{whole}@{domain}" if len(whole) <= MAX_LOCAL_CHARS else address


def untagged(address: str) -> str:
    """The mailbox behind an address: without what follows a plus, in lower case."""
    local, at, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _bytes_of(token: str) -> bytes:
    return b32decode(token[1:].upper() + _PADDING)


def _mac(kind: str, raw: bytes, key: str) -> bytes:
    return digest(key.encode(), f"trombone.mail.{kind}.".encode() + raw, "sha256")[:_MAC_BYTES]
