"""Cut a reply into provider messages by numbers alone: so many files, so many characters each."""

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap

from deliver.outgoing import Limits, PlannedFile, PlannedPart


def split(text: str | None, files: Sequence[PlannedFile], limits: Limits) -> list[PlannedPart]:
    """
    Texts and files side by side: the first text travels with the first files, as its caption.

    Text is cut at spaces where there are any. A reply without text and files gives no part.
    """
    size = limits.max_files_per_message
    groups = [tuple(file.attachment for file in files[start : start + size]) for start in range(0, len(files), size)]
    return [PlannedPart(text, group or ()) for text, group in zip_longest(_cut(text, limits.max_text_chars), groups)]


def _cut(text: str | None, limit: int) -> list[str]:
    if not text or not text.strip():
        return []
    if len(text) <= limit:
        return [text]
    return wrap(text, limit, replace_whitespace=False, drop_whitespace=True)
