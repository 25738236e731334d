"""What a decoding job is told and what it answers. `thumbnails.jobs` gives these names to the workers."""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.reason import Reason

FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""A name inside the work directory: what a child answers must not lead anywhere else."""
THREADED = frozenset({"image/heic", "image/heif"})
"""libde265 decodes in a thread of its own or not at all; all other decoders are content with the one that they have."""


class InspectParams(Struct, frozen=True, kw_only=True):
    """`max_pixels` counts width x height x frames, as the header tells them; the rest is for what has no pixels."""

    max_pixels: int
    max_frames: int
    max_seconds: float = 6 * 3600
    max_pages: int = 5000
    max_entries: int = 10_000
    """Files in an archive."""
    max_unpacked_bytes: int = 1_000_000_000
    """What the files of an archive say they are together, unpacked."""


class Inspection(Struct, frozen=True, kw_only=True):
    """
    What a file is by its content. Pixels are as displayed (turned upright); None where we do not open the type.

    `browser_shows`: whether a browser shows or plays this file itself. `warnings` are no refusals: the file may pass.
    """

    media_type: str
    kind: str
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    duration_seconds: float | None = None
    pages: int | None = None
    has_audio: bool | None = None
    browser_shows: bool = False
    largest_entry_bytes: int | None = None
    """The largest file in an archive, unpacked."""
    warnings: list[Reason] = []


class Recipe(Struct, frozen=True, kw_only=True):
    """`media_type` is what opaque pictures become; transparent ones become WebP where that is JPEG."""

    name: str
    max_side: int
    media_type: str
    quality: int


class AnimationRecipe(Struct, frozen=True, kw_only=True):
    """An animated WebP. What has more frames keeps every second, fourth … of them."""

    name: str
    max_side: int
    max_frames: int
    quality: int


class RenderParams(Struct, frozen=True, kw_only=True):
    """
    `recipes` are made of everything that can be shown, `animation` of what moves. `full` is the version for browsers of
    what they do not show themselves: of recordings up to `max_audio_seconds`, of clips up to `max_copied_bytes`.
    """

    media_type: str
    recipes: list[Recipe]
    max_pixels: int
    max_frames: int
    max_seconds: float = 6 * 3600
    full: Recipe | None = None
    animation: AnimationRecipe | None = None
    max_audio_seconds: float = 600
    max_copied_bytes: int = 40_000_000

    @property
    def may_thread(self) -> bool:
        return self.media_type in THREADED


class RenderedFile(Struct, frozen=True, kw_only=True):
    name: str
    file_name: FileName
    media_type: str
    size_bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None


class Rendered(Struct, frozen=True, kw_only=True):
    """`placeholder` is a base64 ThumbHash. A type that cannot be shown has neither files nor placeholder."""

    files: list[RenderedFile]
    placeholder: str | None = None
    width: int | None = None
    height: int | None = None


class FitParams(Struct, frozen=True, kw_only=True):
    """
    `media_types` are what the channel takes; empty means everything.

    The rest is for video and audio: the longer side of a video that is made anew, how long a recording may last,
    whether only H.264 of the simplest kind (Baseline or Main, no B-frames) plays on the other side, and which types to
    make where the channel takes several, best first (`audio/ogg` where that is a voice note).
    """

    media_type: str
    max_bytes: int
    media_types: list[str]
    max_pixels: int
    max_frames: int
    max_side: int = 1280
    max_seconds: float = 3600
    plain_h264: bool = False
    preferred_types: list[str] = []

    @property
    def may_thread(self) -> bool:
        return self.media_type in THREADED


class Fitted(Struct, frozen=True, kw_only=True):
    """
    `file_name` is None where the source may leave untouched.

    Then it is under the limit, of an accepted type and, if it is a picture, upright and free of metadata. A video or a
    recording never leaves untouched: it is at least put into a clean container. `score` says how much a picture still
    looks like the original (`thumbnails.fit_score`).
    """

    file_name: FileName | None
    media_type: str
    size_bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None
    steps: list[str] = []
    score: float | None = None


class AbilitiesParams(Struct, frozen=True, kw_only=True):
    """Nothing needs to be said."""


class Ability(Struct, frozen=True, kw_only=True):
    """`version` is None where the decoder is missing; `lost` says what that costs."""

    name: str
    version: str | None
    lost: str


class Abilities(Struct, frozen=True, kw_only=True):
    found: list[Ability]
