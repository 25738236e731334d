"""The tiny placeholder that a browser paints while the thumbnail loads: a ThumbHash."""

from base64 import b64encode

from PIL import Image
from thumbhash import rgba_to_thumb_hash

from thumbnails import steps
from thumbnails.resizing import within

_SIDE = 16
"""Samples enough for the seven waves a side that the hash keeps; more only cost time: the encoder is pure Python."""


def placeholder(image: Image.Image) -> str:
    """Base64. Transparency is laid on a background: the encoder of thumbhash 0.1.2 fails on alpha."""
    small = image.resize(within(image.size, _SIDE), Image.Resampling.BOX)
    if small.mode == "RGBA":
        small, _ = steps.on_background(small)
    pixels = list(small.convert("RGBA").tobytes())
    return b64encode(bytes(rgba_to_thumb_hash(small.width, small.height, pixels))).decode()
