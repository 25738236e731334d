"""Animations that must become smaller: fewer pixels, then fewer frames, then a refusal."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

from PIL import Image, ImageSequence

from thumbnails import limits
from thumbnails.candidates import Candidate, Channel, Original

_TRIES = 5
_LEAST_SIDE = 96
_MARGIN = 0.95
_COLORS = 128


@dataclass(frozen=True)
class Frame:
    image: Image.Image
    duration: float


def smaller_gif(original: Original, channel: Channel) -> Candidate | None:
    """None when it would have to become a smudge."""
    with limits.opened(original.source, original.header.media_type, original.limits) as (image, _):
        scale = min(1.0, math.sqrt(channel.max_bytes / original.size_bytes) * _MARGIN)
        frames = list(_decoded(image, _scaled(image.size, scale)))
    before, every = original.header.upright_size, 1
    for _ in range(_TRIES):
        size = _scaled(before, scale)
        if max(size) < min(_LEAST_SIDE, max(before)):
            return None
        gif = _encoded(_thinned(list(_resized(frames, size)), every))
        if len(gif) <= channel.max_bytes:
            return Candidate(gif, "image/gif", size, _steps(before, size, every))
        shrink = math.sqrt(channel.max_bytes / len(gif)) * _MARGIN
        if scale < 0.5 and every < 4 and len(frames) > 2 * every:
            every *= 2
            shrink = min(1.0, shrink * math.sqrt(2))
        scale *= shrink
    return None


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _decoded(image: Image.Image, size: tuple[int, int]) -> Iterator[Frame]:
    """Frames are shrunk as they are read: the whole animation is never in memory at its full size."""
    with limits.readable():
        for frame in ImageSequence.Iterator(image):
            picture = frame.convert("RGBA").resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
            yield Frame(picture, float(frame.info.get("duration") or 100))


def _resized(frames: list[Frame], size: tuple[int, int]) -> Iterator[Frame]:
    for frame in frames:
        image = frame.image
        yield Frame(image if image.size == size else image.resize(size, Image.Resampling.LANCZOS), frame.duration)


def _thinned(frames: list[Frame], every: int) -> list[Frame]:
    """Each kept frame stays as long as it and the dropped ones did."""
    return [
        Frame(frames[start].image, sum(frame.duration for frame in islice(frames, start, start + every)))
        for start in range(0, len(frames), every)
    ]


def _encoded(frames: list[Frame]) -> bytes:
    pictures = [frame.image.quantize(_COLORS, Image.Quantize.FASTOCTREE) for frame in frames]
    for picture in pictures:
        picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
    out = BytesIO()
    pictures[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=[frame.duration for frame in frames],
        loop=0,
        disposal=2,
    )
    return out.getvalue()


def _steps(before: tuple[int, int], after: tuple[int, int], every: int) -> tuple[str, ...]:
    resized = (f"resized {before[0]}x{before[1]} to {after[0]}x{after[1]}",) if before != after else ()
    thinned = (f"kept every {'second' if every == 2 else 'fourth'} frame",) if every > 1 else ()
    return (*resized, f"reduced to {_COLORS} colors", *thinned)
