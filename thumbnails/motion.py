"""A small moving preview of an animation, as WebP."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageSequence

from thumbnails import files, limits, steps
from thumbnails.files import Written
from thumbnails.limits import Header
from thumbnails.orders import AnimationRecipe

_QUICK = 0
"""libwebp's quickest method: the best one costs ten times as much for a tenth of the bytes."""
_SHOWN_MS = 100
"""What browsers make of a frame that names no time."""


def moving(image: Image.Image, header: Header, recipe: AnimationRecipe, workdir: Path) -> tuple[Written, Image.Image]:
    """Its file and its first frame. Frames are shrunk as they are read: never are all in memory at full size."""
    every = -(-header.frames // recipe.max_frames)
    with limits.readable():
        frames = list(_frames(image, header, recipe.max_side, every))
    first = frames[0][0]
    # a later frame may enlarge the canvas of a broken GIF; a WebP has one size
    others = [one if one.size == first.size else one.resize(first.size) for one, _ in frames[1:]]
    path = workdir / f"{recipe.name}.webp"
    first.save(
        path,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=[milliseconds for _, milliseconds in frames],
        loop=0,
        quality=recipe.quality,
        method=_QUICK,
    )
    return files.written(path, "image/webp"), first


def _frames(image: Image.Image, header: Header, max_side: int, every: int) -> Iterator[tuple[Image.Image, int]]:
    """Each kept frame stays as long as it and the dropped ones did."""
    kept: Image.Image | None = None
    milliseconds = 0
    for number, frame in enumerate(ImageSequence.Iterator(image)):
        frame.load()  # only then does a WebP tell the time of its frame
        if number % every == 0:
            if kept is not None:
                yield kept, milliseconds
            own = frame.copy()  # the next frame is painted over this one
            picture = steps.shrunk(steps.resizable(own), max_side)
            kept, milliseconds = steps.without_metadata(steps.upright(picture, header.orientation)), 0
        milliseconds += round(float(frame.info.get("duration") or _SHOWN_MS))
    if kept is not None:
        yield kept, milliseconds
