"""Thumbnails and previews: right side up, right colors, nothing of the camera left."""

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from schemas.reason import Refused
from tests import images
from thumbnails.jobs import Recipe, Rendered, RenderParams, render

RECIPES = [
    Recipe(name="thumbnail-320", max_side=320, media_type="image/webp", quality=80),
    Recipe(name="preview-1280", max_side=1280, media_type="image/jpeg", quality=85),
]


def rendered(tmp_path: Path, data: bytes, media_type: str, max_pixels: int = images.MAX_PIXELS) -> Rendered:
    source = tmp_path / "source"
    source.write_bytes(data)
    params = RenderParams(media_type=media_type, recipes=RECIPES, max_pixels=max_pixels, max_frames=images.MAX_FRAMES)
    return render(params, source, tmp_path)


def pictures(tmp_path: Path, made: Rendered) -> dict[str, Image.Image]:
    found = {}
    for file in made.files:
        data = (tmp_path / file.file_name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file.sha256
        assert len(data) == file.size_bytes
        image = Image.open(BytesIO(data))
        assert Image.MIME[image.format] == file.media_type
        assert image.size == (file.width, file.height)
        found[file.name] = image
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_rendered_upright_without_its_metadata(tmp_path, orientation):
    """All eight orientations; the renditions are opened again and searched for EXIF, XMP and GPS."""
    made = rendered(tmp_path, images.sideways_jpeg(orientation, (1600, 1200)), "image/jpeg")
    assert (made.width, made.height) == (1600, 1200)
    assert [(file.name, file.width, file.height) for file in made.files] == [
        ("preview-1280", 1280, 960),
        ("thumbnail-320", 320, 240),
    ]
    for image in pictures(tmp_path, made).values():
        assert images.corner_colors(image) == images.CORNERS
        assert dict(image.getexif()) == {}
        assert {"exif", "xmp", "icc_profile", "comment"} & set(image.info) == set()
    assert not any(b"SecretCamera" in (tmp_path / file.file_name).read_bytes() for file in made.files)


def test_a_sideways_png_is_turned_too(tmp_path):
    """EXIF in a PNG counts, as in browsers."""
    sideways = images.corners().transpose(Image.Transpose.ROTATE_90)
    made = rendered(tmp_path, images.encoded(sideways, "PNG", exif=images.exif(6)), "image/png")
    assert (made.width, made.height) == (400, 300)
    for image in pictures(tmp_path, made).values():
        assert images.corner_colors(image) == images.CORNERS


def test_small_pictures_are_not_enlarged(tmp_path):
    """A 100 x 75 picture has a thumbnail and a preview of 100 x 75."""
    made = rendered(tmp_path, images.encoded(images.corners((100, 75)), "PNG"), "image/png")
    assert {(file.width, file.height) for file in made.files} == {(100, 75)}


def test_transparency_is_kept(tmp_path):
    """Both renditions of a transparent logo are WebP with an alpha channel."""
    made = rendered(tmp_path, images.encoded(images.transparent_logo((200, 0, 0)), "PNG"), "image/png")
    assert {file.media_type for file in made.files} == {"image/webp"}
    for image in pictures(tmp_path, made).values():
        assert image.mode == "RGBA"
        assert image.getpixel((0, 0))[3] == 0


def test_an_alpha_channel_that_hides_nothing_is_dropped(tmp_path):
    """An opaque RGBA screenshot has a JPEG preview."""
    made = rendered(tmp_path, images.encoded(images.corners().convert("RGBA"), "PNG"), "image/png")
    assert made.files[0].media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(images.gif(5), "image/gif"), (images.animated_webp(3), "image/webp"), (images.apng(3), "image/png")],
)
def test_an_animation_shows_its_first_frame(tmp_path, data, media_type):
    """Still renditions, for now."""
    for image in pictures(tmp_path, rendered(tmp_path, data, media_type)).values():
        assert getattr(image, "n_frames", 1) == 1


def test_cmyk_becomes_rgb(tmp_path):
    """Print files come with four inks."""
    made = rendered(tmp_path, images.encoded(Image.new("CMYK", (400, 300), (0, 255, 255, 0)), "JPEG"), "image/jpeg")
    for image in pictures(tmp_path, made).values():
        red, green, blue = image.convert("RGB").getpixel((50, 50))
        assert red > 200 > 80 > max(green, blue)


def test_a_type_that_cannot_be_shown_has_no_renditions(tmp_path):
    """Nothing to show is not an error."""
    assert rendered(tmp_path, b"PK", "application/zip") == Rendered(files=[])


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    """Also by the worker that comes after the validator."""
    with pytest.raises(Refused, match="million pixels"):
        rendered(tmp_path, images.encoded(images.corners(), "JPEG"), "image/jpeg", max_pixels=1000)


@pytest.mark.parametrize("size", [(1, 4000), (4000, 1), (1, 1)])
def test_the_thinnest_pictures_are_rendered(tmp_path, size):
    """No side ever becomes 0."""
    made = rendered(tmp_path, images.encoded(Image.new("RGB", size, "red"), "PNG"), "image/png")
    assert all(file.width >= 1 and file.height >= 1 for file in made.files)
    assert made.placeholder


def test_rendering_is_repeatable(tmp_path):
    """A redelivery makes the same bytes, hence the same objects."""
    data = images.encoded(images.paint((640, 480)), "JPEG")
    assert rendered(tmp_path, data, "image/jpeg") == rendered(tmp_path, data, "image/jpeg")
