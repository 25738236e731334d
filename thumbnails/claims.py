"""What a file was said to be, beside what it is. A lie is no refusal: the content decides, and the agent is told."""

from pathlib import PurePosixPath

from schemas.reason import Reason
from thumbnails.capabilities import capability
from thumbnails.clips import DEMUXERS
from thumbnails.names import EXTENSIONS, SAYS_NOTHING, normalized
from thumbnails.pictures import FORMATS

_OLD_OFFICE = {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}
"""One container holds them all."""


def disagreements(detected: str, declared: str | None, file_name: str | None) -> list[Reason]:
    """At most one for the declared type and one for the name."""
    found = []
    said = normalized(declared or "")
    if said not in SAYS_NOTHING and not _are_kin(said, detected):
        found.append(
            Reason(code="declared_type_differs", sentence=f"It was sent as {said[:80]}, but its content is {detected}.")
        )
    ending = PurePosixPath(file_name or "").suffix.lower()
    named = EXTENSIONS.get(ending)
    if named and not _are_kin(named, detected):
        found.append(
            Reason(code="extension_differs", sentence=f"Its name ends in {ending}, but its content is {detected}.")
        )
    return found


def _are_kin(one: str, other: str) -> bool:
    """Whether the difference says nothing: two names of one container, or two kinds of plain text."""
    both_text = {capability(one).family, capability(other).family} == {"text"}
    both_old_office = one in _OLD_OFFICE and other in _OLD_OFFICE
    return one == other or both_text or both_old_office or _same(DEMUXERS, one, other) or _same(FORMATS, one, other)


def _same(names: dict[str, str], one: str, other: str) -> bool:
    return names.get(one) is not None and names.get(one) == names.get(other)
