"""What may pass, what it may cost to look at it, and what is made for browsers: `config/renditions.yaml`."""

from typing import Literal

from workers.runtime.provider_limits import Section


class RenditionRecipe(Section):
    name: str
    max_side: int
    media_type: str
    quality: int


class PreviewRecipe(RenditionRecipe):
    spared_up_to_bytes: int
    """A picture that an agent sends and that browsers show has none, unless it is larger: what leaves is shown."""


class FullRecipe(RenditionRecipe):
    """The version for browsers of what they do not show themselves, as large as anybody looks at."""

    max_audio_seconds: float
    """Longer recordings are not encoded for browsers."""
    max_copied_bytes: int
    """Larger clips are not put into another container for browsers together with their poster."""
    max_film_seconds: float
    """Longer films are not encoded for browsers."""


class AnimationRecipe(Section):
    name: str
    max_side: int
    max_frames: int
    quality: int


class Renditions(Section):
    thumbnail: RenditionRecipe
    preview: PreviewRecipe
    full: FullRecipe
    animation: AnimationRecipe


class DecodeLimits(Section):
    max_pixels: int
    """Width x height x frames, read from the header."""
    max_frames: int
    max_seconds: float
    """Of a video or a recording, as its header tells."""
    max_pages: int
    max_entries: int
    """Files in an archive."""
    max_unpacked_bytes: int
    """Of all files in an archive, as its list tells; nothing is ever unpacked."""
    timeout_seconds: float
    memory_bytes: int
    output_bytes: int


class TranscodeLimits(Section):
    """In place of those of `decode`, for jobs that make video or audio anew."""

    max_seconds: float
    """How long a recording may last."""
    timeout_seconds: float
    memory_bytes: int
    output_bytes: int


class HeavyLane(Section):
    """What takes the heavy lane, so that slow work never holds up thumbnails of photos."""

    media_types: list[str]
    min_bytes: int
    min_pixels: int


class ScanPolicy(Section):
    """What is asked of a virus scanner, where there is one."""

    max_bytes: int
    """Larger files are not scanned, in an archive or not; no more than clamd's own StreamMaxLength and MaxFileSize."""
    timeout_seconds: float
    unscanned: Literal["refuse", "pass"]
    """What becomes of a file that is too large or too deep to be looked through."""


class MediaPolicy(Section):
    allowed_media_types: list[str]
    """Types, or families (`image/*`); anything else is refused."""
    quarantine_keeps_seconds: int
    """After which age quarantined bytes and unused uploads are deleted: longer than any ladder, retry or replay."""
    max_upload_bytes: int
    """The largest file that an agent, a visitor or an upstream system may bring."""
    heavy: HeavyLane
    decode: DecodeLimits
    transcode: TranscodeLimits
    scan: ScanPolicy
    renditions: Renditions
