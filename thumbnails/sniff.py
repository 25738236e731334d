"""
What a file is, by its content; names and declared types are never asked.

libmagic and its database come from the pylibmagic wheel, so every machine answers alike.
"""

import os
import re
from pathlib import Path

# Importing pylibmagic points python-magic (imported after it) at the wheel's library; the variables it sets for
# child processes have no business in ours.
_environ = dict(os.environ)
import pylibmagic  # noqa: E402

os.environ.clear()
os.environ.update(_environ)

import magic  # noqa: E402

from thumbnails.names import UNKNOWN, normalized  # noqa: E402

_DATABASE = magic.Magic(mime=True, magic_file=str(pylibmagic.data / "magic.mgc"))

_NAME = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+_-]+")
"""libmagic may go on talking: `application/x-executable, no program header`."""
SIGNATURE = "application/pkcs7-signature"
_DER_LENGTH = rb"(?:[\x00-\x80]|[\x81-\x84].{1,4}?)"
_SIGNED_DATA = re.compile(rb"\x30" + _DER_LENGTH + re.escape(bytes.fromhex("06092a864886f70d010702")), re.DOTALL)
"""A SEQUENCE that begins with the OID of signed-data (RFC 5652 section 5.1, read 2026-11-28): libmagic knows it only
in text form."""
_KINDS = ("image", "video", "audio")


def media_type(source: Path) -> str:
    """The normalized MIME type; `application/octet-stream` for what nobody knows."""
    try:
        found = _DATABASE.from_file(str(source))
    except magic.MagicException:
        return UNKNOWN
    name = _NAME.match(found.lower())
    known = normalized(name[0]) if name else UNKNOWN
    return SIGNATURE if known == UNKNOWN and _is_signature(source) else known


def _is_signature(source: Path) -> bool:
    with source.open("rb") as file:
        return _SIGNED_DATA.match(file.read(24)) is not None


def kind(media_type: str) -> str:
    """`image`, `video`, `audio` or `file`. An SVG is a program that draws: a file."""
    family = media_type.partition("/")[0]
    return family if family in _KINDS and media_type != "image/svg+xml" else "file"
