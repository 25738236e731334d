"""Bytes to text, whatever their charset is said to be: mail lies about it daily."""

import re
from email.errors import HeaderParseError
from email.header import decode_header

_SINGLE_BYTE = {"", "ascii", "us-ascii", "iso-8859-1", "latin-1", "latin1", "windows-1252", "cp1252", "unknown-8bit"}
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def decoded(raw: bytes, charset: str | None) -> str:
    """UTF-8 called something smaller is UTF-8; what fits nothing is read as Windows-1252. No control characters."""
    said = (charset or "").strip().strip("'\"").lower()
    guesses = ["utf-8", said] if said in _SINGLE_BYTE else [said, "utf-8"]
    for guess in (*guesses, "cp1252"):
        try:
            return clean(raw.decode(guess))
        except (LookupError, ValueError):
            continue
    return clean(raw.decode("cp1252", "replace"))


def clean(text: str) -> str:
    """NUL and its kind are kept by no database."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def header_text(value: str) -> str:
    """A header as people read it: unfolded, encoded words decoded (RFC 2047), raw bytes guessed at."""
    if any("\udc80" <= character <= "\udcff" for character in value):
        value = decoded(value.encode("utf-8", "surrogateescape"), None)
    unfolded = re.sub(r"[\r\n]+[ \t]*", " ", value)
    try:
        words = decode_header(unfolded)
    except (HeaderParseError, ValueError):
        words = [(unfolded, None)]
    texts = (decoded(word, charset) if isinstance(word, bytes) else clean(word) for word, charset in words)
    return re.sub(r"\s+", " ", "".join(texts)).strip()
