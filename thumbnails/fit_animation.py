"""Animations: smaller in colors, pixels and frames, or as a film without sound where GIF is not taken."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

from PIL import Image, ImageSequence

from thumbnails import limits, steps
from thumbnails.candidates import Candidate, Channel, Original
from thumbnails.fit_made import Made
from thumbnails.resizing import resized
from thumbnails.transcode_clip import film_of
from thumbnails.transcode_recipes import VideoRecipe
from thumbnails.transcode_tracks import evened, paced

_TRIES = 7
_LEAST_SIDE = 96
_LEAST_FRAMES = 4
"""One in four is kept at least."""
_MARGIN = 0.96
_ROOM_TO_GROW = 1.5
_WELL_USED = 1.25
"""A GIF that fills four fifths of the bytes is not made once more."""
_COLORS = 255
"""One is left for what lets the background through. Fewer would leave room for more pixels, and look worse."""
_THINNED_BELOW = 0.28
"""Shrunk this far, an animation gives frames away: what jerks looks worse than what is small."""
_FRAMES_IN_PALETTE = 8
_NAMES = {2: "second", 4: "fourth"}
_DRAWN_OVER, _DRAWN_ANEW = 1, 2
"""GIF's disposal methods."""
_FILM_SIDES = (1280, 854, 640, 480, 320, 240)
_FILM_RATE = 30
_FILM_QUALITY = 20
_FILM_SHARE = 0.9
_FILM_HEADROOM = 0.5
"""Seconds: what x264's buffer may hold beyond the clip's own bits."""
_FILM_MOST = 8_000_000
_FILM_LEAST = 0.05
"""Bits per pixel."""
_FILMED = "animation turned into a video"


@dataclass(frozen=True)
class Frame:
    image: Image.Image
    duration: float
    """Milliseconds."""


def smaller_gif(original: Original, channel: Channel) -> Candidate | None:
    """The largest that was found to fit; None when it would have to become a smudge."""
    scale = min(1.0, math.sqrt(channel.max_bytes / original.size_bytes))
    before, every = original.header.upright_size, 1
    frames = _decoded(original, _scaled(before, min(1.0, scale * _ROOM_TO_GROW)))
    best: Candidate | None = None
    for _ in range(_TRIES):
        size = _scaled(before, scale)
        if max(size) < min(_LEAST_SIDE, max(before)):
            break
        gif = _encoded(_thinned(_resized(frames, size), every))
        room = channel.max_bytes / len(gif)
        if room >= 1:
            best = _better(best, Candidate(gif, "image/gif", size, _steps(before, size, every)))
            if room < _WELL_USED or size == frames[0].image.size:
                break
        elif best is not None:
            break
        elif scale < _THINNED_BELOW and every < _LEAST_FRAMES and len(frames) > 2 * every:
            every *= 2
            room = min(1.0, room * 2)
        scale = min(scale * math.sqrt(room) * _MARGIN, scale * _ROOM_TO_GROW)
    return best


def _better(best: Candidate | None, found: Candidate) -> Candidate:
    return found if best is None or found.size > best.size else best


def film(original: Original, channel: Channel, target: Path) -> Made | None:
    """As MP4, into `target`; None when it would have to become a smudge."""
    before = original.header.upright_size
    frames = _decoded(original, _scaled(before, min(1.0, _FILM_SIDES[0] / max(before))))
    pictures = [(_opaque(frame.image), frame.duration) for frame in frames]
    path = target.with_suffix(".mp4")
    for recipe in _film_recipes(before, len(frames), sum(frame.duration for frame in frames) / 1000, channel):
        film_of(pictures, path, recipe)
        if path.stat().st_size <= channel.max_bytes:
            return Made(path, "video/mp4", recipe.size, (*_resized_step(before, recipe.size), _FILMED))
        path.unlink()
    return None


def _film_recipes(before: tuple[int, int], frames: int, seconds: float, channel: Channel) -> Iterator[VideoRecipe]:
    """Largest first, and only those that have bits enough for their pixels."""
    rate = paced(frames / max(0.1, seconds), _FILM_RATE)
    bits = min(_FILM_MOST, channel.max_bytes * 8 * _FILM_SHARE / (seconds + _FILM_HEADROOM))
    scales = dict.fromkeys(min(1.0, side / max(before)) for side in _FILM_SIDES)
    for size in (evened((before[0] * scale, before[1] * scale)) for scale in scales):
        if bits >= _FILM_LEAST * size[0] * size[1] * float(rate):
            yield VideoRecipe(size, rate, int(bits), constant_quality=_FILM_QUALITY)


def _opaque(image: Image.Image) -> Image.Image:
    return steps.on_background(image)[0] if steps.is_transparent(image) else image.convert("RGB")


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _decoded(original: Original, size: tuple[int, int]) -> list[Frame]:
    """Frames are shrunk as they are read: the whole animation is never in memory at its full size."""
    with limits.opened(original.source, original.header.media_type, original.limits) as (image, _), limits.readable():
        return [
            Frame(_sized(frame.convert("RGBA"), size), float(frame.info.get("duration") or 100))
            for frame in ImageSequence.Iterator(image)
        ]


def _resized(frames: Sequence[Frame], size: tuple[int, int]) -> list[Frame]:
    return [Frame(_sized(frame.image, size), frame.duration) for frame in frames]


def _sized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture if picture.size == size else resized(picture, size)


def _thinned(frames: Sequence[Frame], every: int) -> list[Frame]:
    """Each kept frame stays as long as it and the dropped ones did."""
    return [
        Frame(frames[start].image, sum(frame.duration for frame in islice(frames, start, start + every)))
        for start in range(0, len(frames), every)
    ]


def _encoded(frames: Sequence[Frame]) -> bytes:
    """Opaque frames share a palette and say only what changes; transparent ones are each drawn anew."""
    palette = _palette([frame.image for frame in frames])
    has_holes = any(steps.is_transparent(frame.image) for frame in frames)
    pictures = [_painted(frame.image, palette) for frame in frames]
    out = BytesIO()
    pictures[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=[frame.duration for frame in frames],
        loop=0,
        **({"disposal": _DRAWN_ANEW, "transparency": _COLORS} if has_holes else {"disposal": _DRAWN_OVER}),
    )
    return out.getvalue()


def _painted(picture: Image.Image, palette: Image.Image) -> Image.Image:
    """In the colors of the palette; the index behind them lets the background through."""
    painted = picture.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    if steps.is_transparent(picture):
        painted.paste(_COLORS, mask=picture.getchannel("A").point(lambda value: 255 if value < 128 else 0))
    return steps.without_metadata(painted)


def _palette(pictures: Sequence[Image.Image]) -> Image.Image:
    """The colors of a few frames from beginning to end."""
    chosen = pictures[:: math.ceil(len(pictures) / _FRAMES_IN_PALETTE)]
    width, height = chosen[0].size
    strip = Image.new("RGB", (width, height * len(chosen)))
    for number, picture in enumerate(chosen):
        strip.paste(picture.convert("RGB"), (0, height * number))
    return strip.quantize(_COLORS, Image.Quantize.MEDIANCUT)


def _steps(before: tuple[int, int], after: tuple[int, int], every: int) -> tuple[str, ...]:
    thinned = (f"kept every {_NAMES[every]} frame",) if every > 1 else ()
    return (*_resized_step(before, after), f"reduced to {_COLORS} colors", *thinned)


def _resized_step(before: tuple[int, int], after: tuple[int, int]) -> tuple[str, ...]:
    return (f"resized {before[0]}x{before[1]} to {after[0]}x{after[1]}",) if before != after else ()
