"""Two files in one: what hides in a picture, a recording or a PDF. It is only told: a rendition never holds it."""

import re
from mmap import ACCESS_READ, mmap
from pathlib import Path

from schemas.reason import Reason
from thumbnails.pictures import is_picture

_SCRIPTS = re.compile(rb"<(?:script|\?php|html)")
_HEAD = 1024
"""Readers look this far for the beginning of a PDF."""
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 65_557
"""Readers look this far from the end for the directory of an archive: its record and the longest comment."""
_ACTIONS = re.compile(rb"/(?:JavaScript|Launch)")


def hidden_content(source: Path, media_type: str) -> list[Reason]:
    """At most one warning: what else would open this file, or what would run in it."""
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return _in_document(data) if media_type == "application/pdf" else _in_media(data, media_type)


def _in_document(data: mmap) -> list[Reason]:
    if not _ACTIONS.search(data):
        return []
    return [
        Reason(
            code="active_content",
            sentence="The PDF holds scripts or starts programs. Look at its preview rather than open it.",
        )
    ]


def _in_media(data: mmap, media_type: str) -> list[Reason]:
    """Scripts are looked for in pictures only: a film is as large as it is dull."""
    if is_picture(media_type) and _SCRIPTS.search(data):
        what = "a script"
    elif data.find(_ZIP_END, max(0, len(data) - _ZIP_TAIL)) >= 0:
        what = "an archive"
    elif data.find(b"%PDF-", 0, _HEAD) >= 0:
        what = "a PDF"
    else:
        return []
    return [
        Reason(
            code="hidden_content",
            sentence=f"Inside this file hides {what}. Look at its preview rather than open it.",
        )
    ]
