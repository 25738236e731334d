"""Two files in one: what hides in a picture, a recording or a PDF. It is only told: a rendition never holds it."""

import re
from mmap import ACCESS_READ, mmap
from pathlib import Path

from schemas.reason import Reason

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
        if media_type == "application/pdf":
            if _ACTIONS.search(data):
                return [
                    Reason(
                        code="active_content",
                        sentence="The PDF holds scripts or starts programs. Look at its preview rather than open it.",
                    )
                ]
            return []
        scripts = _SCRIPTS.search(data) is not None
        archive = data.find(_ZIP_END, max(0, len(data) - _ZIP_TAIL)) >= 0
        document = data.find(b"%PDF-", 0, _HEAD) >= 0
    if scripts or archive or document:
        what = "a script" if scripts else "an archive" if archive else "a PDF"
        return [
            Reason(
                code="hidden_content",
                sentence=f"Inside this file hides {what}. Look at its preview rather than open it.",
            )
        ]
    return []
