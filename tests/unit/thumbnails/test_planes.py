"""What libavcodec decodes in Pillow's place, and what it leaves to it."""

import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tests import images
from thumbnails import planes
from thumbnails.containers import bare_png
from thumbnails.resizing import resized

SIZE = (320, 240)
PHOTO = images.paint((641, 481))
SEEN_THROUGH = PHOTO.copy()
SEEN_THROUGH.putalpha(Image.linear_gradient("L").resize(PHOTO.size))


def decoded(tmp_path: Path, data: bytes) -> tuple[Image.Image | None, Image.Image]:
    """By libavcodec and by Pillow."""
    source = tmp_path / "source"
    source.write_bytes(data)
    with Image.open(source) as image:
        found = planes.decoded_at(image, SIZE)
        image.load()
        return found, resized(image, SIZE)


@pytest.mark.parametrize("image", [PHOTO, SEEN_THROUGH], ids=["RGB", "RGBA"])
def test_a_png_has_the_same_pixels(tmp_path, image):
    """Whoever decodes it."""
    found, expected = decoded(tmp_path, images.encoded(image, "PNG"))
    assert found.mode == expected.mode == image.mode
    assert max(high for _, high in ImageChops.difference(found, expected).getextrema()) <= 3


def test_a_lossy_webp_looks_the_same(tmp_path):
    """Its color is made smaller before it is mixed, not after: no pixel is far off, and the whole is no darker."""
    found, expected = decoded(tmp_path, images.encoded(PHOTO, "WEBP", quality=85))
    assert found.mode == expected.mode == "RGB"
    assert max(ImageStat.Stat(ImageChops.difference(found, expected)).mean) < 4
    assert max(abs(a - b) for a, b in zip(ImageStat.Stat(found).mean, ImageStat.Stat(expected).mean, strict=True)) < 1


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)])
def test_a_webp_keeps_its_colors(tmp_path, color):
    """Also the outermost."""
    found, _ = decoded(tmp_path, images.encoded(Image.new("RGB", (640, 480), color), "WEBP", quality=95))
    assert found.getpixel((100, 100)) == pytest.approx(color, abs=5)


@pytest.mark.parametrize(
    "data",
    [
        images.encoded(PHOTO, "JPEG"),
        images.encoded(PHOTO.convert("L"), "PNG"),
        images.encoded(PHOTO.quantize(64), "PNG"),
        images.encoded(Image.new("I;16", (640, 480), 32_768), "PNG"),
        images.encoded(PHOTO, "PNG", transparency=(1, 2, 3)),
        images.png_of_zeros(640, 480, bits=16),
        images.apng(3),
        images.encoded(PHOTO, "WEBP", lossless=True),
        images.encoded(SEEN_THROUGH, "WEBP"),
        images.animated_webp(3),
    ],
)
def test_every_other_kind_is_left_to_pillow(tmp_path, data):
    """Gray, palettes, sixteen bits, one transparent color, animations, WebPs without loss or with transparency."""
    assert decoded(tmp_path, data)[0] is None


@pytest.mark.parametrize(("image_format", "at"), [("PNG", 0.5), ("PNG", 0.98), ("WEBP", 0.02)])
def test_a_broken_picture_is_left_to_pillow(tmp_path, image_format, at):
    """Whose verdict is the same for every kind: half a picture is refused, not shown."""
    whole = images.encoded(PHOTO, image_format)
    source = tmp_path / "source"
    source.write_bytes(whole)
    with Image.open(source) as image:
        source.write_bytes(whole[: int(len(whole) * at)])
        assert planes.decoded_at(image, SIZE) is None


def test_a_picture_that_lies_about_its_size_is_not_decoded(tmp_path):
    """No more pixels than its header was let in with."""
    source = tmp_path / "source"
    source.write_bytes(images.encoded(PHOTO, "PNG"))
    with Image.open(source) as image:
        source.write_bytes(images.encoded(Image.new("RGB", (1600, 1200)), "PNG"))
        assert planes.decoded_at(image, SIZE) is None


def test_only_header_and_pixels_of_a_png_reach_the_decoder(tmp_path):
    """No text that inflates without end, no profile, nothing that hangs behind the picture."""
    bare = images.encoded(PHOTO, "PNG")
    text = images.png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1000)))
    source = tmp_path / "source"
    source.write_bytes(bare[:33] + text + bare[33:] + b"<script>")
    assert bare_png(source) == bare
