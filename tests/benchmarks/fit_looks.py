"""
How much a fitted file still looks like its original: SSIMULACRA2 at display size, 1080 px wide at most.

100: identical, 90: nobody sees a difference, 70: good, 50: medium. Of what moves, the mean of three moments.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import mean

import av
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

PEERS = ("ssimulacra2>=0.3,<0.4",)
_SHOWN_WIDTH = 1080
_MOMENTS = (0.2, 0.5, 0.8)
Timed = list[tuple[float, Image.Image]]


def looks(source: Path, made: Path, scratch: Path) -> float:
    """NaN without the package that scores."""
    if not find_spec("ssimulacra2"):
        return float("nan")
    if source == made:
        return 100.0
    before, after = _frames(source), _frames(made)
    if len(before) == 1 or len(after) == 1:
        return _score(before[0][1], after[0][1], scratch)
    return mean(_score(_at(before, moment), _at(after, moment), scratch) for moment in _MOMENTS)


def _score(before: Image.Image, after: Image.Image, scratch: Path) -> float:
    from ssimulacra2 import compute_ssimulacra2  # noqa: PLC0415 - a peer, not always there

    width = _SHOWN_WIDTH if before.width > before.height / 2 and before.width > 640 else before.width
    size = (width, round(width * before.height / before.width))
    third = size[1] // 3 if size[1] > 240 else 0
    paths = [scratch / "reference.png", scratch / "made.png"]
    for image, path in zip((before, after), paths, strict=True):
        shown = image.resize(size, Image.Resampling.LANCZOS)
        shown.crop((0, third, size[0], size[1] - third)).save(path, compress_level=1)
    return float(compute_ssimulacra2(*map(str, paths)))


def _at(frames: Timed, share: float) -> Image.Image:
    """The frame that is seen at that share of the whole."""
    moment = frames[-1][0] * share
    return max((one for one in frames if one[0] <= moment), key=lambda one: one[0])[1]


def _frames(path: Path) -> Timed:
    """Seconds and pictures, opaque and upright; the last one bears the end."""
    try:
        with Image.open(path) as image:
            found = list(_pictures(image))
    except UnidentifiedImageError:
        with av.open(str(path)) as container:
            found = [(float(frame.time or 0), frame.to_image()) for frame in container.decode(video=0)]
    return found


def _pictures(image: Image.Image) -> Iterator[tuple[float, Image.Image]]:
    at = 0.0
    for frame in ImageSequence.Iterator(image):
        yield at, on_white(ImageOps.exif_transpose(frame))
        at += frame.info.get("duration", 0) / 1000


def on_white(image: Image.Image) -> Image.Image:
    flat = Image.new("RGBA", image.size, "white")
    flat.alpha_composite(image.convert("RGBA"))
    return flat.convert("RGB")
