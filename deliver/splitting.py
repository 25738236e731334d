"""Cut a reply into provider messages by numbers alone: so many files of a kind, so much text each."""

from collections.abc import Iterator, Sequence

from deliver.outgoing import KindLimits, Limits, PlannedFile, PlannedPart

_SPACES = " \n\t"


def split(text: str | None, files: Sequence[PlannedFile], limits: Limits) -> list[PlannedPart]:
    """
    Words ride with the first files that can carry them, as a caption; what is too long for that leaves before them.

    Text is cut at spaces where there are any. A reply without text and files gives no part.
    """
    groups = list(_groups(files, limits))
    texts = cut(text, limits.max_text, limits.text_unit)
    captioned = next((number for number, group in enumerate(groups) if _captioned(group, limits)), None)
    if captioned is None or len(texts) != 1 or size_of(texts[0], limits.text_unit) > limits.max_caption:
        return [PlannedPart(one, ()) for one in texts] + [PlannedPart(None, _ids(group)) for group in groups]
    return [PlannedPart(texts[0] if n == captioned else None, _ids(group)) for n, group in enumerate(groups)]


def files_first(text: str | None, files: Sequence[PlannedFile], limits: Limits) -> list[PlannedPart]:
    """For channels where files and words never share a message: all files, then the words."""
    parts = [PlannedPart(None, _ids(group)) for group in _groups(files, limits)]
    return parts + [PlannedPart(one, ()) for one in cut(text, limits.max_text, limits.text_unit)]


def cut(text: str | None, limit: int, unit: str) -> list[str]:
    """Pieces of at most `limit` characters or UTF-8 bytes, at spaces where there are any; none of blank text."""
    rest = (text or "").strip()
    pieces: list[str] = []
    while size_of(rest, unit) > limit:
        head = _longest(rest, limit, unit)
        at = max(head.rfind(space) for space in _SPACES) if rest[len(head)] not in _SPACES else len(head)
        head = head[:at] if at > 0 else head
        pieces.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return [*pieces, rest] if rest else pieces


def size_of(text: str, unit: str) -> int:
    return len(text.encode()) if unit == "bytes" else len(text)


def _longest(text: str, limit: int, unit: str) -> str:
    """The longest beginning within the limit; never half a character."""
    return text.encode()[:limit].decode(errors="ignore") if unit == "bytes" else text[:limit]


def _groups(files: Sequence[PlannedFile], limits: Limits) -> Iterator[list[PlannedFile]]:
    """Consecutive files that can share a message: of kinds that allow it, and never more than either allows."""
    group: list[PlannedFile] = []
    for file in files:
        most = min(_kind(one, limits).max_files for one in [*group, file])
        if group and (len(group) >= min(most, limits.max_files_per_message)):
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def _captioned(group: Sequence[PlannedFile], limits: Limits) -> bool:
    return all(_kind(file, limits).captioned for file in group)


def _kind(file: PlannedFile, limits: Limits) -> KindLimits:
    """Of a kind that the channel does not carry (it will leave as a link): alone, with words."""
    alone = KindLimits(frozenset(), limits.max_message_bytes, limits.max_files_per_message)
    return limits.kinds.get(file.kind) or limits.kinds.get("file") or alone


def _ids(group: Sequence[PlannedFile]) -> tuple[str, ...]:
    return tuple(file.attachment for file in group)
