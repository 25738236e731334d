"""Smaller pictures, and who makes them."""

import pytest
from PIL import Image, ImageChops, ImageStat

from tests import images
from thumbnails import resizing
from thumbnails.resizing import resized, within

SIZE = (311, 233)


def largest_error(one: Image.Image, other: Image.Image) -> int:
    bands = ImageChops.difference(one, other).getextrema()
    return max(high for _, high in (bands if isinstance(bands[0], tuple) else [bands]))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK"])
def test_what_is_quick_looks_like_what_is_slow(mode):
    """Within a few of 255 levels of Pillow's own Lanczos, whose memory it reads."""
    image = images.paint((1000, 750)).convert(mode)
    made = resized(image, SIZE)
    assert (made.mode, made.size) == (mode, SIZE)
    assert largest_error(made, image.resize(SIZE, Image.Resampling.LANCZOS)) <= 6


def test_a_picture_of_many_megapixels_is_read_across_its_blocks():
    """Pillow keeps 16 MB in one piece; what is larger lies in several."""
    image = images.paint((800, 600)).resize((4000, 3000))
    assert largest_error(resized(image, SIZE), image.resize(SIZE, Image.Resampling.LANCZOS)) <= 6


def test_a_machine_without_vectors_makes_the_same_picture(monkeypatch):
    """By Pillow alone, hardly to be told apart."""
    image = images.paint((1000, 750))
    quick = resized(image, SIZE)
    monkeypatch.setattr(resizing, "VECTORIZED", ())
    assert max(ImageStat.Stat(ImageChops.difference(resized(image, SIZE), quick)).mean) < 3


def test_the_color_of_what_is_transparent_does_not_bleed():
    """Red that nobody sees beside blue that is seen."""
    image = Image.new("RGBA", (200, 200), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 101, 200))
    seen = [pixel[:3] for pixel in resized(image, (40, 40)).get_flattened_data() if pixel[3] > 16]
    assert all(red <= 8 and blue >= 247 for red, _, blue in seen)


def test_the_source_stays_as_it_is():
    """Its memory is only read."""
    image = images.transparent_logo((200, 0, 0))
    before = image.tobytes()
    resized(image, (30, 30))
    assert image.tobytes() == before


@pytest.mark.parametrize(
    ("size", "fitting"),
    [((4032, 3024), (320, 240)), ((3024, 4032), (240, 320)), ((100, 75), (100, 75)), ((4000, 1), (320, 1))],
)
def test_a_picture_keeps_its_shape_and_is_never_enlarged(size, fitting):
    """No side becomes 0."""
    assert within(size, 320) == fitting
