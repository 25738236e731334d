"""
What a still picture can become for a channel, best-looking first. Each candidate is made only when asked for.

A candidate may still be too large: `fit` takes the first that is not.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageStat, JpegImagePlugin

from thumbnails import limits, quality, steps
from thumbnails.limits import Header, Limits

_PHOTO_SIDE = 1600
_DRAWN_SIDE = 2048
_REFERENCE_BYTES = 600_000
"""At this many bytes a photograph looks best at 1600 px and a screenshot at 2048 px; more bytes allow more pixels."""
_NEXT_SIDE = 0.8
_LEAST_SIDE = 160
_DECODING_GAP = 2.0
"""1.25 would decode a 12 MP JPEG at half its size: a third less CPU, and 1 to 4 points of SSIMULACRA2 worse."""
_PALETTE_ERROR = 2.5
"""Root mean square, in levels of 255: below it nobody sees that a drawing has only 256 colors."""
_GROWTH = 1.1
"""A JPEG or PNG this many times over the limit may come under it by better compression alone."""
_SAMPLED_ACROSS = 1
"""4:2:2, which a quarter turn would make 4:4:0."""
_HOPELESS = 4
"""A PNG this many times over the limit will not come under it as a PNG."""


@dataclass(frozen=True)
class Channel:
    max_bytes: int
    media_types: frozenset[str]
    """Empty: all."""

    def takes(self, media_type: str) -> bool:
        return not self.media_types or media_type in self.media_types


@dataclass(frozen=True)
class Candidate:
    data: bytes
    media_type: str
    size: tuple[int, int]
    steps: tuple[str, ...] = ()
    reference: Image.Image | None = None
    """What it was made of, upright and in at least as many pixels; None for what moves."""


@dataclass(frozen=True)
class Original:
    source: Path
    header: Header
    size_bytes: int
    limits: Limits


def in_order_of_beauty(original: Original, channel: Channel) -> Iterator[Candidate]:
    header = original.header
    notes: tuple[str, ...] = ("first frame only",) if header.frames > 1 else ()
    notes += ("turned upright",) if header.orientation != 1 else ()
    nearly_fits = original.size_bytes <= channel.max_bytes * _GROWTH
    if nearly_fits and header.media_type == "image/jpeg" and channel.takes("image/jpeg"):
        yield _same_jpeg(original, notes)
    picture = _decoded(original, channel)
    if header.media_type != "image/jpeg" and channel.takes("image/png"):
        yield from _crisp(picture, original, channel, notes)
    if not channel.takes("image/jpeg"):
        return
    if steps.is_transparent(picture):
        picture, background = steps.on_background(picture)
        notes += (f"transparency placed on {background}",)
    yield from _compressed(picture.convert("RGB"), header, channel, notes)


def _same_jpeg(original: Original, notes: tuple[str, ...]) -> Candidate:
    """All its pixels with its own quantization: as near to the original as a new encoding comes."""
    with limits.opened(original.source, "image/jpeg", original.limits) as (image, header):
        profile, sampling = image.info.get("icc_profile"), JpegImagePlugin.get_sampling(image)
        if header.orientation >= 5 and sampling == _SAMPLED_ACROSS:
            sampling = quality.FULL_COLOR
        tables = getattr(image, "quantization", None)
        with limits.readable():
            image.load()
        picture = steps.without_metadata(steps.upright(image, header.orientation))
        out = BytesIO()
        picture.save(out, "JPEG", qtables=tables, subsampling=sampling, icc_profile=profile, optimize=True)
    return Candidate(out.getvalue(), "image/jpeg", picture.size, notes, picture)


def _decoded(original: Original, channel: Channel) -> Image.Image:
    """Upright, sRGB, clean; in all its pixels only where a PNG may still come of it."""
    with limits.opened(original.source, original.header.media_type, original.limits) as (image, header):
        hopeful = channel.takes("image/png") and original.size_bytes <= channel.max_bytes * _HOPELESS
        with limits.readable():
            if header.media_type == "image/jpeg":
                picture = steps.decoded_within(image, _side(_PHOTO_SIDE, channel), gap=_DECODING_GAP)
            elif hopeful:
                picture = steps.resizable(image)
                picture.load()
            else:
                picture = steps.decoded_within(image, _side(_DRAWN_SIDE, channel), gap=_DECODING_GAP)
        picture = steps.upright(picture, header.orientation)
        return steps.without_metadata(steps.in_srgb(picture, image.info.get("icc_profile")))


def _crisp(picture: Image.Image, original: Original, channel: Channel, notes: tuple[str, ...]) -> Iterator[Candidate]:
    """PNG, for what JPEG would smear: drawings and transparency; and for what was a PNG under the limit already."""
    whole = picture.size == original.header.upright_size
    drawn = steps.is_drawn(picture)
    kept = original.header.media_type == "image/png" or steps.is_transparent(picture)
    if whole and (drawn or (kept and original.size_bytes <= channel.max_bytes * _GROWTH)):
        yield Candidate(_png(picture), "image/png", picture.size, (*notes, "saved as PNG"), picture)
    if whole and drawn and (small := _in_256_colors(picture)):
        yield Candidate(_png(small), "image/png", picture.size, (*notes, "saved as PNG in 256 colors"), picture)


def _in_256_colors(picture: Image.Image) -> Image.Image | None:
    """None when the difference could be seen."""
    method = Image.Quantize.FASTOCTREE if picture.mode == "RGBA" else Image.Quantize.MEDIANCUT
    small = picture.quantize(256, method, dither=Image.Dither.NONE)
    error = ImageStat.Stat(ImageChops.difference(picture, small.convert(picture.mode))).rms
    return small if max(error) <= _PALETTE_ERROR else None


def _png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _compressed(picture: Image.Image, header: Header, channel: Channel, notes: tuple[str, ...]) -> Iterator[Candidate]:
    """JPEGs, each of fewer pixels than the one before."""
    before = header.upright_size
    side = min(_side(_DRAWN_SIDE if steps.is_drawn(picture) else _PHOTO_SIDE, channel), max(picture.size))
    while side >= min(_LEAST_SIDE, max(picture.size)):
        smaller = steps.shrunk(picture, side)
        found = quality.best_jpeg(smaller, channel.max_bytes)
        if found is not None:
            after = smaller.size
            resized = (f"resized {before[0]}x{before[1]} to {after[0]}x{after[1]}",) if before != after else ()
            encoded = (f"saved as JPEG, quality {found.quality}",)
            yield Candidate(found.data, "image/jpeg", after, (*notes, *resized, *encoded), picture)
        side = int(side * _NEXT_SIDE)


def _side(reference: int, channel: Channel) -> int:
    return int(reference * math.sqrt(max(1.0, channel.max_bytes / _REFERENCE_BYTES)))
