"""The tiny placeholder that a browser paints while the thumbnail loads: a ThumbHash."""

from base64 import b64encode

from PIL import Image
from thumbhash import rgba_to_thumb_hash

from thumbnails import steps

_SIDE = 24
"""The hash keeps seven waves a side; more pixels only cost time (the encoder is pure Python)."""


def placeholder(image: Image.Image) -> str:
    """Base64. Transparency is laid on a background: the encoder of thumbhash 0.1.2 fails on alpha."""
    small = image.resize(_fitting(image.size), Image.Resampling.BOX)
    if small.mode == "RGBA":
        small, _ = steps.on_background(small)
    pixels = list(small.convert("RGBA").tobytes())
    return b64encode(bytes(rgba_to_thumb_hash(small.width, small.height, pixels))).decode()


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, _SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
