"""The tiny placeholder."""

from base64 import b64decode

import pytest
from PIL import Image
from thumbhash import thumb_hash_to_average_rgba

from tests import images
from thumbnails.placeholder import placeholder


def test_a_placeholder_is_a_few_bytes_of_the_right_color():
    """ThumbHash, base64, at most 25 bytes."""
    hashed = b64decode(placeholder(Image.new("RGB", (320, 240), (200, 40, 40))))
    red, green, blue, alpha = thumb_hash_to_average_rgba(list(hashed))
    assert len(hashed) <= 25
    assert red > 0.7 > 0.3 > max(green, blue)
    assert alpha == 1


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (320, 7)])
def test_every_shape_has_a_placeholder(size):
    """Also the thinnest."""
    assert b64decode(placeholder(Image.new("RGB", size)))


def test_transparency_is_no_obstacle():
    """The library itself fails on it."""
    assert b64decode(placeholder(images.transparent_logo((10, 200, 10))))
