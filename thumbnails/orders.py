"""What a decoding job is told and what it answers. `thumbnails.jobs` gives these names to the workers."""

from typing import Annotated

from msgspec import Meta, Struct

FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""A name inside the work directory: what a child answers must not lead anywhere else."""


class InspectParams(Struct, frozen=True, kw_only=True):
    """`max_pixels` counts width x height x frames, as the header tells them."""

    max_pixels: int
    max_frames: int


class Inspection(Struct, frozen=True, kw_only=True):
    """What a file is by its content. Pixels are as displayed (turned upright); None where we do not open the type."""

    media_type: str
    kind: str
    width: int | None = None
    height: int | None = None
    frames: int | None = None


class Recipe(Struct, frozen=True, kw_only=True):
    """`media_type` is what opaque pictures become; transparent ones become WebP where that is JPEG."""

    name: str
    max_side: int
    media_type: str
    quality: int


class RenderParams(Struct, frozen=True, kw_only=True):
    media_type: str
    recipes: list[Recipe]
    max_pixels: int
    max_frames: int


class RenderedFile(Struct, frozen=True, kw_only=True):
    name: str
    file_name: FileName
    media_type: str
    size_bytes: int
    sha256: str
    width: int
    height: int


class Rendered(Struct, frozen=True, kw_only=True):
    """`placeholder` is a base64 ThumbHash. A type without pictures has neither files nor placeholder."""

    files: list[RenderedFile]
    placeholder: str | None = None
    width: int | None = None
    height: int | None = None


class FitParams(Struct, frozen=True, kw_only=True):
    """`media_types` are what the channel takes; empty means everything."""

    media_type: str
    max_bytes: int
    media_types: list[str]
    max_pixels: int
    max_frames: int


class Fitted(Struct, frozen=True, kw_only=True):
    """
    `file_name` is None where the source may leave untouched.

    Then it is under the limit, of an accepted type and, if it is a picture, upright and free of metadata.
    """

    file_name: FileName | None
    media_type: str
    size_bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None
    steps: list[str] = []
