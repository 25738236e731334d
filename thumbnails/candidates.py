"""
What a still picture can become for a channel, best-looking first. Each candidate is made only when asked for.

A candidate may still be too large: `fit` takes the first that is not.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, JpegImagePlugin

from thumbnails import limits, quality, steps
from thumbnails.limits import Header, Limits

_PHOTO_PIXELS = 1600 * 1200
_DRAWN_PIXELS = 2048 * 1152
_REFERENCE_BYTES = 600_000
"""With so many bytes a photograph looks best at 1600 x 1200, a screenshot at 2048 x 1152; more bytes, more pixels."""
_NEXT_SIDE = 0.8
_LEAST_SIDE = 160
_LEGIBLE_SIDE = 1080
"""As wide as a phone shows a picture: a screenshot of fewer pixels shows blurred words."""
_PHONE_PIXELS = 1320 * 2868
"""The largest phones' screens: theirs have no pixels to lose, and quality goes first."""
_DECODING_GAP = 2.0
"""1.25 would decode a 12 MP JPEG at half its size: a third less CPU, and 1 to 4 points of SSIMULACRA2 worse."""
_PALETTE = 256
_PALETTE_SHARE = 0.35
"""Of a PNG's bytes are left when it has a palette: a third to a half."""
_PALETTE_ERROR = 2
"""Mean error of the worst tile, in levels of 255: up to it nobody sees that a drawing has only 256 colors."""
_TILE = 32
_STRIPS, _STRIPS_SHARE = 8, 8
"""How many strips are tried, and which part of the height they are."""
_SAMPLE_SIDE = 384
"""Pixels enough to choose a palette from: the median cut of all of them takes ten times as long and errs as little."""
_QUICK_PNG = 6
"""zlib's level: the best one takes four times as long for 2 % of the bytes."""
_GROWTH = 1.1
"""A JPEG or PNG this many times over the limit may come under it by better compression alone."""
_SAMPLED_ACROSS = 1
"""4:2:2, which a quarter turn would make 4:4:0."""
_HOPELESS = 4
"""A picture this many times over the limit will not come under it as a PNG."""


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
    pixels: Image.Image | None = None
    """What `data` holds, where that need not be decoded to be known."""


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
                picture = _shrunk_decoding(image, _PHOTO_PIXELS, channel)
            elif hopeful:
                picture = steps.resizable(image)
                picture.load()
            else:
                picture = _shrunk_decoding(image, _DRAWN_PIXELS, channel)
        picture = steps.upright(picture, header.orientation)
        return steps.without_metadata(steps.in_srgb(picture, image.info.get("icc_profile")))


def _shrunk_decoding(image: Image.Image, pixels: int, channel: Channel) -> Image.Image:
    """Nobody knows yet what it shows: it may be a phone's screen."""
    most = _PHONE_PIXELS if _is_narrow(image.size) else pixels
    return steps.decoded_within(image, _side(most, channel, image.size), gap=_DECODING_GAP)


def _crisp(picture: Image.Image, original: Original, channel: Channel, notes: tuple[str, ...]) -> Iterator[Candidate]:
    """PNG, for what JPEG would smear: drawings and transparency; and for what was a PNG under the limit already."""
    if picture.size != original.header.upright_size:
        return
    drawn, has_holes = steps.is_drawn(picture), steps.is_transparent(picture)
    has_photograph = steps.shows_photograph(picture)
    picture = picture if has_holes else picture.convert("RGB")
    few_colors = picture.getcolors(_PALETTE) is not None
    was_png = original.header.media_type == "image/png"
    # A photograph packs no better a second time: then the PNG's own size is guess enough.
    png_bytes = original.size_bytes if was_png and has_photograph else _guessed_bytes(picture) if drawn else 0
    hope = channel.max_bytes * _GROWTH / png_bytes if drawn else 0.0
    kept = has_holes or was_png
    if (kept and original.size_bytes <= channel.max_bytes * _GROWTH) or (hope > 1 and not few_colors):
        yield Candidate(_png(picture), "image/png", picture.size, (*notes, "saved as PNG"), picture, picture)
    in_few = few_colors or (hope > _PALETTE_SHARE and not has_photograph)
    if in_few and (small := _in_256_colors(picture, few_colors=few_colors)):
        yield Candidate(_png(small), "image/png", picture.size, (*notes, "saved as PNG in 256 colors"), picture, small)


def _guessed_bytes(picture: Image.Image) -> int:
    """Of its PNG, from a few strips: a screen is not everywhere the same."""
    width, height = picture.size
    strip = max(1, height // (_STRIPS * _STRIPS_SHARE))
    sample = Image.new(picture.mode, (width, strip * _STRIPS))
    for number in range(_STRIPS):
        top = number * height // _STRIPS
        sample.paste(picture.crop((0, top, width, top + strip)), (0, strip * number))
    return len(_png(sample)) * height // sample.height


def _in_256_colors(picture: Image.Image, *, few_colors: bool) -> Image.Image | None:
    """None when the difference could be seen: a photograph on the screen suffers where the whole hardly does."""
    if picture.mode == "RGBA":
        small = picture.quantize(_PALETTE, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    elif few_colors:
        small = picture.quantize(_PALETTE, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    else:
        small = picture.quantize(palette=_palette(picture), dither=Image.Dither.NONE)
    error = ImageChops.difference(picture, small.convert(picture.mode)).reduce(_TILE).convert("RGB").convert("L")
    is_seen = error.point(lambda levels: 255 if levels > _PALETTE_ERROR else 0).getbbox() is not None
    return None if is_seen else small


def _palette(picture: Image.Image) -> Image.Image:
    """The colors of single pixels from all over it."""
    size = (min(_SAMPLE_SIDE, picture.width), min(_SAMPLE_SIDE, picture.height))
    sample = picture.resize(size, Image.Resampling.NEAREST)
    return sample.quantize(_PALETTE, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG", compress_level=_QUICK_PNG)
    return out.getvalue()


def _compressed(picture: Image.Image, header: Header, channel: Channel, notes: tuple[str, ...]) -> Iterator[Candidate]:
    """JPEGs, each of fewer pixels than the one before."""
    before = header.upright_size
    drawn = steps.is_drawn(picture)
    is_words = drawn and _is_narrow(picture.size)
    pixels = _PHONE_PIXELS if is_words else _DRAWN_PIXELS if drawn else _PHOTO_PIXELS
    side = min(_side(pixels, channel, picture.size), max(picture.size))
    while side >= min(_LEAST_SIDE, max(picture.size)):
        smaller = steps.shrunk(picture, side)
        best = quality.BEST if smaller.size == before else quality.FINEST
        found = quality.best_jpeg(smaller, channel.max_bytes, _aim(smaller, best) if drawn else quality.photo(best))
        if found is not None:
            after = smaller.size
            resized = (f"resized {before[0]}x{before[1]} to {after[0]}x{after[1]}",) if before != after else ()
            encoded = (f"saved as JPEG, quality {found.quality}",)
            yield Candidate(found.data, "image/jpeg", after, (*notes, *resized, *encoded), picture)
        side = int(side * _NEXT_SIDE)


def _aim(drawn: Image.Image, best: int) -> quality.Aim:
    return quality.words(best) if _is_narrow(drawn.size) else quality.drawing(best)


def _is_narrow(size: tuple[int, int]) -> bool:
    """Whether one step smaller, words would be hard to read."""
    return min(size) * _NEXT_SIDE < _LEGIBLE_SIDE


def _side(pixels: int, channel: Channel, size: tuple[int, int]) -> int:
    """The longer side of that many pixels in the picture's own shape."""
    pixels = int(pixels * max(1.0, channel.max_bytes / _REFERENCE_BYTES))
    return round(math.sqrt(pixels * max(size) / min(size)))
