"""A file's name inside a mail: encoded three ways, cut, missing or hostile."""

import re
import unicodedata
from email.message import Message
from email.utils import collapse_rfc2231_value
from mimetypes import MimeTypes

from ingest.email.charsets import decoded, header_text
from ingest.email.headers import Mail, values

TYPES = MimeTypes()
"""Made at import: a decoding child must not look for the system's own list."""
_MAX_CHARS = 150
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Invisible characters that turn text around: `gpj.exe` shown as `exe.jpg`."""
_UNQUOTED = re.compile(r"(?:file)?name\s*=\s*([^\";\s][^\";]*)", re.IGNORECASE)
_KNOWN = {"message/rfc822": ".eml", "text/calendar": ".ics", "image/jpeg": ".jpg", "text/plain": ".txt"}


def named(part: Mail) -> str | None:
    """The name that the part bears, made harmless; `filename` before `name`. None when it has none."""
    said = _parameter(part, "content-disposition", "filename") or _parameter(part, "content-type", "name")
    return harmless(said) if said else None


def invented(media_type: str, number: int, role: str | None = None) -> str:
    """A name for a part that has none: `file-2.pdf`, `image-1.png`, `invite.ics`."""
    family = "image" if media_type.startswith("image/") else "file"
    stem = role if role in ("invite", "signature") else f"{family}-{number}"
    return stem + (_KNOWN.get(media_type) or TYPES.guess_extension(media_type) or ".bin")


def harmless(name: str) -> str | None:
    """The last part of a path, without what could mislead a person or a file system."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(c for c in _TURNING.sub("", last) if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))
    plain = visible.strip(" .")
    if len(plain) <= _MAX_CHARS:
        return plain or None
    stem, dot, extension = plain.rpartition(".")
    kept = f".{extension}" if dot and len(extension) <= 16 else ""
    return (stem if kept else plain)[: _MAX_CHARS - len(kept)] + kept


def _parameter(part: Mail, header: str, name: str) -> str:
    raw = [re.sub(r"[\r\n]+\s*", " ", value) for value in values(part, header)[:1]]
    if not raw:
        return ""
    # A header with raw bytes in it is only half shown by the part itself.
    readable: Mail = Message()
    readable[header] = decoded(raw[0].encode("utf-8", "surrogateescape"), None)
    try:
        value = readable.get_param(name, None, header)
    except (ValueError, TypeError, IndexError, AttributeError):
        return ""
    if isinstance(value, tuple):  # RFC 2231
        return collapse_rfc2231_value(value, errors="replace")
    return header_text(_uncut(readable[header], value)) if value else ""


def _uncut(raw: str, value: str) -> str:
    """Names with spaces that nobody quoted are cut at the first one: read such a name from the raw header."""
    whole = _UNQUOTED.search(raw)
    return whole[1].strip() if whole and whole[1].startswith(value + " ") else value
