"""Which types of files may pass at all, and what looking at them may cost (`config/renditions.yaml`)."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from schemas.reason import Reason, Refused
from thumbnails.capabilities import CAPABILITIES, capability
from thumbnails.names import listed
from thumbnails.orders import InspectParams
from workers.runtime.media_policy import MediaPolicy

NOT_ALLOWED = {
    "program": "is a program, and programs are never accepted.",
    "markup": "can run scripts, so it is not accepted.",
}
"""What is wrong with a family of types, after `A file of type …`."""
FAMILIES = {
    "picture": "pictures",
    "film": "videos",
    "sound": "recordings",
    "page": "PDFs",
    "office": "office documents",
    "text": "plain texts",
    "archive": "archives",
}
"""What people call them, where at least one of their types is accepted."""


def matches(media_type: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(media_type, pattern) for pattern in patterns)


def check_allowed(media_type: str, policy: MediaPolicy) -> None:
    """Raises Refused."""
    if not matches(media_type, policy.allowed_media_types):
        why = NOT_ALLOWED.get(capability(media_type).family, "is not accepted.")
        sentence = f"A file of type {media_type} {why} Accepted are {accepted(policy)}."
        raise Refused(Reason(code="type_not_allowed", sentence=sentence))


def accepted(policy: MediaPolicy) -> str:
    """In the words of people, as far as the policy lets each family in."""
    let_in = {one.family for name, one in CAPABILITIES.items() if matches(name, policy.allowed_media_types)}
    return listed([word for family, word in FAMILIES.items() if family in let_in]) or "no files at all"


def inspect_params(policy: MediaPolicy) -> InspectParams:
    limits = policy.decode
    return InspectParams(
        max_pixels=limits.max_pixels,
        max_frames=limits.max_frames,
        max_seconds=limits.max_seconds,
        max_pages=limits.max_pages,
        max_entries=limits.max_entries,
        max_unpacked_bytes=limits.max_unpacked_bytes,
    )
