"""
Limit first, work later: open a picture, read its header, and refuse before a pixel is decoded.

Pillow is only ever told to try the one format that libmagic saw, so a PostScript named .jpg never meets an interpreter.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Importing the plugins registers them: Pillow never goes looking for others. (An MPO is a JPEG with a second picture.)
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,  # noqa: F401
    ExifTags,
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)
from pillow_heif import register_heif_opener

from schemas.reason import Reason, Refused
from thumbnails import containers
from thumbnails.pictures import FORMATS

# What Pillow was seen to raise over broken files. MemoryError is not among them: that is the child's own end.
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, ArithmeticError, TypeError, AttributeError, RuntimeError,
    struct.error, zlib.error,
)  # fmt: skip


Image.preinit()  # which else every child would do for itself
# A child has one thread: a decoder that asks for more fails, or waits for workers that never come.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


@dataclass(frozen=True)
class Limits:
    max_pixels: int
    """Width x height x frames."""
    max_frames: int


@dataclass(frozen=True)
class Header:
    """What is known before decoding. Width and height are as stored; `orientation` is EXIF's, 1 to 8."""

    media_type: str
    width: int
    height: int
    frames: int
    orientation: int

    @property
    def upright_size(self) -> tuple[int, int]:
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


@contextmanager
def opened(source: Path, media_type: str, limits: Limits) -> Iterator[tuple[Image.Image, Header]]:
    """A picture that is within the limits, nothing decoded yet. Raises Refused."""
    if media_type == "image/webp" and (size := containers.webp_size(source)):
        _check(*size, 1, limits)
    with readable():
        Image.MAX_IMAGE_PIXELS = None  # the check below says it with numbers
        image = Image.open(source, formats=[FORMATS[media_type]])
    with image:
        header = Header(media_type, *image.size, _frames(source, image, media_type, limits), _orientation(image))
        _check(header.width, header.height, header.frames, limits)
        Image.MAX_IMAGE_PIXELS = limits.max_pixels  # a later GIF frame may still enlarge the canvas
        yield image, header


@contextmanager
def readable() -> Iterator[None]:
    """Wrap what Pillow decodes: whatever it raises is the file's fault."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused(
            Reason(code="too_many_pixels", sentence="The picture grows beyond the allowed size while it is read.")
        ) from None
    except _BROKEN as error:
        raise Refused(
            Reason(
                code="image_unreadable",
                sentence="The picture is damaged and cannot be opened. Ask for it to be sent again.",
            )
        ) from error


def _frames(source: Path, image: Image.Image, media_type: str, limits: Limits) -> int:
    """Pages of a TIFF and further pictures of a HEIC are no frames; libavif knows its frames without being asked."""
    if media_type == "image/avif":
        return int(getattr(image, "n_frames", 1))
    return containers.frames(source, media_type, limits.max_frames)


def _check(width: int, height: int, frames: int, limits: Limits) -> None:
    pixels = width * height * frames
    if frames > limits.max_frames:
        raise Refused(
            Reason(
                code="too_many_frames",
                sentence=f"The animation has more than {limits.max_frames} frames. Send a shorter one, or a video.",
                actual=frames,
                limit=limits.max_frames,
            )
        )
    if pixels > limits.max_pixels:
        shape = f"{width} x {height} pixels" + (f" in {frames} frames" if frames > 1 else "")
        raise Refused(
            Reason(
                code="too_many_pixels",
                sentence=f"The picture has {shape}; at most {limits.max_pixels / 1e6:.0f} million pixels"
                " are allowed. Send a smaller version.",
                actual=pixels,
                limit=limits.max_pixels,
            )
        )


def _orientation(image: Image.Image) -> int:
    """EXIF orientation from the header; `getexif` would decode a PNG to look for it behind the pixels."""
    raw = image.info.get("exif")
    if not isinstance(raw, bytes):
        return 1
    exif = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif.load(raw)
            found = exif.get(ExifTags.Base.Orientation, 1)
    except _BROKEN:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1
