"""Each step of a picture's way."""

from io import BytesIO

import pytest
from PIL import Image, ImageCms

from tests import images
from thumbnails import steps


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_end_upright(orientation):
    """Red is top left, whatever way the camera was held."""
    with Image.open(BytesIO(images.sideways_jpeg(orientation))) as image:
        upright = steps.upright(image, orientation)
        assert upright.size == (400, 300)
        assert images.corner_colors(upright) == images.CORNERS


def test_sixteen_bit_gray_keeps_its_middle():
    """A naive conversion clips every value above 255 to white."""
    gray = Image.new("I;16", (10, 10), 32_768)
    assert steps.resizable(gray).getpixel((5, 5)) == 128


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I", "I;16", "F", "LAB", "HSV"]
)
def test_every_mode_becomes_rgb(mode):
    """Nothing that Pillow opens is left in a mode that an encoder refuses."""
    made = steps.in_srgb(steps.resizable(Image.new(mode, (8, 8))), None)
    assert made.mode in ("RGB", "RGBA")


def test_a_palette_with_transparency_stays_transparent():
    """GIF and PNG palettes with a transparent entry become RGBA."""
    image = Image.new("P", (8, 8), 0)
    image.info["transparency"] = 0
    assert steps.is_transparent(steps.resizable(image))


@pytest.mark.parametrize(
    ("color", "background"), [((250, 250, 250), "black"), ((200, 0, 0), "white"), ((0, 0, 0), "white")]
)
def test_the_background_lets_the_picture_be_seen(color, background):
    """A white logo is not laid on white."""
    flat, name = steps.on_background(images.transparent_logo(color))
    assert name == background
    assert flat.getpixel((150, 150)) == color
    assert flat.getpixel((0, 0)) == ((0, 0, 0) if background == "black" else (255, 255, 255))


def test_hidden_colors_of_transparent_pixels_stay_hidden():
    """Dropping the alpha channel would show them."""
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 10, 20))
    flat, _ = steps.on_background(image)
    assert flat.getpixel((15, 10)) == (255, 255, 255)


def test_a_wide_color_profile_is_converted():
    """A picture in another space looks the same in sRGB, hence has other numbers."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = Image.new("LAB", (4, 4), (128, 200, 128))
    assert steps.in_srgb(image, lab).mode == "RGB"


@pytest.mark.parametrize("profile", [b"", b"not a profile", b"\0" * 500, None, 3])
def test_a_broken_color_profile_is_ignored(profile):
    """It costs the profile, never the picture."""
    image = Image.new("RGB", (4, 4), (1, 2, 3))
    assert steps.in_srgb(image, profile).getpixel((0, 0)) == (1, 2, 3)


def test_nothing_is_ever_enlarged():
    """A small picture stays as it is."""
    assert steps.shrunk(images.corners((40, 30)), 320).size == (40, 30)


def test_a_photograph_is_not_a_drawing():
    """Screenshots are told from photographs by their colors."""
    assert steps.is_drawn(images.screenshot((800, 600)))
    assert not steps.is_drawn(images.paint((800, 600)))


def test_a_screenshot_that_shows_a_photograph_is_still_a_drawing():
    """Half of it has a photograph's colors, and the words around it count."""
    shot = images.screenshot((800, 1200))
    assert not steps.shows_photograph(shot)
    shot.paste(images.paint((800, 600), seed=5), (0, 300))
    assert (steps.is_drawn(shot), steps.shows_photograph(shot)) == (True, True)
