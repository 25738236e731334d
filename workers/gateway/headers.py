"""File names in headers: read from `X-File-Name` (RFC 8187), written into `Content-Disposition` (RFC 6266)."""

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from workers.runtime.file_names import plain_name

_EXTENDED = re.compile(r"utf-8'[A-Za-z0-9-]*'(.*)", re.IGNORECASE | re.DOTALL)
_UNSAFE = re.compile(r"[^A-Za-z0-9._ ()+-]")


def file_name_of(value: str | None) -> str | None:
    """`UTF-8''%e2%82%ac.jpg` or a plain name; None when nothing harmless is left."""
    match = _EXTENDED.fullmatch(value or "")
    return plain_name(unquote_to_bytes(match[1]).decode(errors="replace") if match else value or "")


def disposition(kind: str, name: str) -> str:
    """Both forms of the name; nothing in it can end the quotes or the header."""
    plain = plain_name(name) or "file"
    decomposed = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    ascii_form = _UNSAFE.sub("_", decomposed).strip(". ") or "file"
    return f"{kind}; filename=\"{ascii_form}\"; filename*=UTF-8''{quote(plain, safe='')}"
