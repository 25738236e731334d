"""Which types of files may pass at all, and what looking at them may cost (`config/renditions.yaml`)."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from schemas.reason import Reason, Refused
from thumbnails.capabilities import capability
from thumbnails.orders import InspectParams
from workers.runtime.media_policy import MediaPolicy

NOT_ALLOWED = {
    "program": "is a program, and programs are never accepted.",
    "markup": "can run scripts, so it is not accepted. Please send a picture or a PDF.",
}
"""What is wrong with a family of types, after `A file of type …`."""


def matches(media_type: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(media_type, pattern) for pattern in patterns)


def check_allowed(media_type: str, policy: MediaPolicy) -> None:
    """Raises Refused."""
    if not matches(media_type, policy.allowed_media_types):
        why = NOT_ALLOWED.get(capability(media_type).family, "is not accepted. Please send a picture or a PDF.")
        raise Refused(Reason(code="type_not_allowed", sentence=f"A file of type {media_type} {why}"))


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
