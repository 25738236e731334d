"""File names as they cross the wire: read from `Content-Disposition`, made harmless, cut for providers."""

import re
import unicodedata
from email.message import Message
from email.utils import collapse_rfc2231_value
from mimetypes import guess_extension
from pathlib import PurePosixPath

# A path of URL-safe characters, at most 20 long: what Twilio wants of a media file name
# (https://www.twilio.com/docs/messaging/guides/accepted-mime-types, read 2026-11-22).
PROVIDER_CHARS = 20
_MAX_BYTES = 200
# Invisible characters that turn text around: `gpj.exe` shown as `exe.jpg`.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def from_disposition(header: str | None) -> str | None:
    """The name in a `Content-Disposition` (RFC 6266; `filename*` of RFC 5987 wins), or None."""
    if not header:
        return None
    message = Message()
    message["Content-Disposition"] = re.sub(r"[\r\n]+", " ", header)
    names = [value for name, value in message.get_params([], "content-disposition") if name == "filename"]
    if not names:
        return None
    chosen = next((name for name in names if isinstance(name, tuple)), names[0])
    return plain_name(as_utf8(collapse_rfc2231_value(chosen, errors="replace")))


def plain_name(name: str) -> str | None:
    """The last part of a path, without what could mislead a person or a file system."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(c for c in _TURNING.sub("", last) if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))
    plain = visible.strip(" .")
    if not plain:
        return None
    return short_name(plain, _MAX_BYTES)


def short_name(name: str, max_bytes: int) -> str:
    """The beginning of the name with its extension, in at most so many bytes of UTF-8."""
    stem, suffix = _split(name)
    return _cut(stem, max_bytes - len(suffix.encode())) + suffix


def provider_name(name: str, media_type: str) -> str:
    """At most 20 letters, digits, `-`, `_`, with one dot before the extension that belongs to the type."""
    stem, suffix = _split(unicodedata.normalize("NFKD", name))
    suffix = guess_extension(media_type) or "." + re.sub(r"[^a-z0-9]", "", suffix.lower())[:6]
    stem = re.sub(r"[^A-Za-z0-9_]+", "-", stem.encode("ascii", "ignore").decode()).strip("-")
    return (stem[: PROVIDER_CHARS - len(suffix)].strip("-") or "file") + suffix.rstrip(".")


def _split(name: str) -> tuple[str, str]:
    path = PurePosixPath(name)
    return (path.stem, path.suffix) if 1 < len(path.suffix.encode()) <= 20 else (name, "")


def _cut(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode(errors="ignore")


def as_utf8(text: str) -> str:
    """Header text was decoded as Latin-1, as HTTP foresees; many servers put raw UTF-8 there."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
