"""
How much a fitted picture still looks like the original: SSIM of the luma at display size, 1 where nothing differs.

Over blocks of 8 x 8 that do not overlap: a tenth of the work of the sliding window, and within 0.01 of it.
"""

from io import BytesIO
from typing import Any

from PIL import Image, ImageMath

from thumbnails.candidates import Candidate
from thumbnails.resizing import resized

_SHOWN_SIDE = 1080
"""The longer side as a phone shows it."""
_BLOCK = 8
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""The constants of Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity" (2004)."""


def score(candidate: Candidate) -> float | None:
    """None for what moves, and for what is too small to have a block."""
    before, pixels = candidate.reference, candidate.pixels
    if before is None:
        return None
    if pixels is before:
        return 1.0
    if pixels is not None:
        return similarity(before, pixels)
    with Image.open(BytesIO(candidate.data)) as made:
        made.draft("L", made.size)  # a JPEG then leaves its colors where they are
        return similarity(before, made)


def similarity(before: Image.Image, after: Image.Image) -> float | None:
    scale = min(1.0, _SHOWN_SIDE / max(before.size))
    size = (round(before.width * scale), round(before.height * scale))
    if min(size) < _BLOCK:
        return None
    x, y = (resized(_luma(image), size).convert("F") for image in (before, after))
    return round(min(1.0, max(0.0, _mean(ImageMath.lambda_eval(_ssim, **_moments(x, y))))), 4)


def _luma(image: Image.Image) -> Image.Image:
    return image if image.mode == "L" else image.convert("L")


def _moments(x: Image.Image, y: Image.Image) -> dict[str, Image.Image]:
    """Of every block: the means, and the means of the squares and of the product."""
    products = {
        "xx": ImageMath.lambda_eval(lambda of: of["x"] * of["x"], x=x),
        "yy": ImageMath.lambda_eval(lambda of: of["y"] * of["y"], y=y),
        "xy": ImageMath.lambda_eval(lambda of: of["x"] * of["y"], x=x, y=y),
    }
    return {name: image.reduce(_BLOCK) for name, image in (products | {"x": x, "y": y}).items()}


def _ssim(of: dict[str, Any]) -> Any:
    x, y = of["x"], of["y"]
    alike = (2 * x * y + _C1) * (2 * (of["xy"] - x * y) + _C2)
    at_best = (x * x + y * y + _C1) * (of["xx"] - x * x + of["yy"] - y * y + _C2)
    return alike / at_best


def _mean(image: Image.Image) -> float:
    pixel = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(pixel, float)
    return pixel
