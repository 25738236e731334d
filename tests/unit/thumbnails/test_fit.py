"""What leaves: under the limit, upright, clean, and as good-looking as it can be."""

import hashlib
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from schemas.reason import Refused
from tests import images
from thumbnails.jobs import FitParams, Fitted, fit
from thumbnails.names import spoken

MMS = ["image/jpeg", "image/png", "image/gif", "application/pdf", "text/csv"]


def fitted(tmp_path: Path, data: bytes, media_type: str, max_bytes: int = 600_000, accepted: list[str] = MMS) -> Fitted:
    source = tmp_path / "source"
    source.write_bytes(data)
    params = FitParams(
        media_type=media_type,
        max_bytes=max_bytes,
        media_types=accepted,
        max_pixels=images.MAX_PIXELS,
        max_frames=images.MAX_FRAMES,
    )
    made = fit(params, source, tmp_path)
    result = (tmp_path / made.file_name).read_bytes() if made.file_name else data
    assert made.size_bytes == len(result) <= max_bytes
    assert made.sha256 == hashlib.sha256(result).hexdigest()
    return made


def refused(tmp_path: Path, *args: object) -> Refused:
    with pytest.raises(Refused) as caught:
        fitted(tmp_path, *args)
    return caught.value


def opened(tmp_path: Path, made: Fitted) -> Image.Image:
    data = (tmp_path / made.file_name).read_bytes()
    assert b"SecretCamera" not in data
    image = Image.open(BytesIO(data))
    assert dict(image.getexif()) == {}
    assert {"xmp", "comment"} & set(image.info) == set()
    assert Image.MIME[image.format] == made.media_type
    assert image.size == (made.width, made.height)
    return image


@cache
def photo() -> bytes:
    return images.camera_scene(orientation=6)


@pytest.mark.parametrize("max_bytes", [600_000, 300_000, 100_000, 30_000, 5_000])
def test_a_12_megapixel_photo_fits_an_mms(tmp_path, max_bytes):
    """Turned upright, without GPS, whatever the limit."""
    made = fitted(tmp_path, photo(), "image/jpeg", max_bytes)
    image = opened(tmp_path, made)
    assert made.media_type == "image/jpeg"
    assert image.width > image.height
    sky, ground = (
        image.convert("L").getpixel((image.width // 4, y)) for y in (image.height // 10, image.height * 9 // 10)
    )
    assert sky > ground
    assert made.steps[0] == "turned upright"
    assert made.steps[1].startswith("resized 4032x3024 to ")
    assert made.steps[-1] == "metadata removed"


def test_a_photo_for_600_000_bytes_keeps_1600_pixels(tmp_path):
    """The recipe that looked best in the benchmark."""
    made = fitted(tmp_path, photo(), "image/jpeg")
    assert (made.width, made.height) == (1600, 1200)


def test_a_generous_channel_gets_every_pixel(tmp_path):
    """25 MB: the photo keeps its size and its own quantization; only orientation and metadata are worked off."""
    made = fitted(tmp_path, photo(), "image/jpeg", 25_000_000, [])
    assert (made.width, made.height) == (4032, 3024)
    assert made.steps == ["turned upright", "metadata removed"]
    assert 0.9 < made.size_bytes / len(photo()) < 1.05


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_small_sideways_photo_is_turned(tmp_path, orientation):
    """Under the limit already, and yet never sent lying on its side or with its GPS position."""
    made = fitted(tmp_path, images.sideways_jpeg(orientation), "image/jpeg")
    assert images.corner_colors(opened(tmp_path, made)) == images.CORNERS
    assert made.size_bytes < 100_000


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (images.encoded(images.corners(), "JPEG"), "image/jpeg"),
        (images.encoded(images.screenshot((800, 600)), "PNG"), "image/png"),
        (images.gif(4), "image/gif"),
        (b"%PDF-1.7 ...", "application/pdf"),
    ],
)
def test_a_clean_file_under_the_limit_leaves_untouched(tmp_path, data, media_type):
    """Not one byte is changed without need."""
    made = fitted(tmp_path, data, media_type)
    assert (made.file_name, made.steps) == (None, [])


@pytest.mark.parametrize(
    ("image_format", "options"),
    [
        ("JPEG", {"quality": 85, "exif": images.exif(), "comment": b"SecretCamera"}),
        ("JPEG", {"progressive": True, "exif": images.exif()}),
        ("GIF", {"comment": b"SecretCamera"}),
    ],
)
def test_metadata_alone_is_removed_without_loss(tmp_path, image_format, options):
    """The picture's own bytes are copied: every pixel is the same."""
    data = images.encoded(images.paint((640, 480)), image_format, **options)
    made = fitted(tmp_path, data, Image.MIME[image_format])
    with Image.open(BytesIO(data)) as before:
        after = opened(tmp_path, made)
        assert ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox() is None
    assert (made.steps, made.score) == (["metadata removed"], 1.0)


def test_a_png_with_secrets_stays_a_png(tmp_path):
    """Text, EXIF and what hangs behind the picture are gone; its pixels are the same."""
    made = fitted(tmp_path, images.png_with_secrets(), "image/png")
    image = opened(tmp_path, made)
    assert made.media_type == "image/png"
    assert image.info.keys() <= {"dpi", "gamma"}
    assert ImageChops.difference(image.convert("RGB"), images.corners()).getbbox() is None


def test_a_large_screenshot_stays_crisp(tmp_path):
    """Too large as it came, a PNG of all its pixels is tried before a JPEG."""
    shot = images.screenshot()
    data = images.encoded(shot, "PNG", compress_level=0)
    made = fitted(tmp_path, data, "image/png", len(data) // 4)
    assert (made.media_type, made.width, made.height) == ("image/png", 1920, 1080)


def test_a_screenshot_that_is_no_png_in_time_becomes_a_jpeg(tmp_path):
    """Then it may keep more pixels than a photograph."""
    made = fitted(tmp_path, images.encoded(images.screenshot((2560, 1440)), "PNG"), "image/png", 60_000, ["image/jpeg"])
    assert made.media_type == "image/jpeg"
    assert made.steps[-1].startswith("saved as JPEG")


@pytest.mark.parametrize("image_format", ["PNG", "BMP"])
def test_a_phone_screenshot_half_of_which_is_a_photograph_keeps_its_words_sharp(tmp_path, image_format):
    """No PNG of it fits, and as a JPEG it gives quality before it gives pixels."""
    shot = images.screenshot((900, 1600))
    shot.paste(images.paint((900, 800), seed=5), (0, 400))
    data = images.encoded(shot, image_format)
    made = fitted(tmp_path, data, Image.MIME[image_format], 150_000)
    assert (made.media_type, made.width, made.height) == ("image/jpeg", 900, 1600)


def test_a_phone_screenshot_of_words_alone_stays_a_png(tmp_path):
    """In as many bytes as half a photograph needs."""
    data = images.encoded(images.screenshot((900, 1600)), "PNG", compress_level=1)
    made = fitted(tmp_path, data, "image/png", 150_000)
    assert (made.media_type, made.width, made.height) == ("image/png", 900, 1600)


def test_a_transparent_logo_keeps_its_transparency_if_it_can(tmp_path):
    """As WebP it cannot go by MMS: it becomes a PNG."""
    made = fitted(tmp_path, images.encoded(images.transparent_logo((200, 0, 0)), "WEBP", lossless=True), "image/webp")
    image = opened(tmp_path, made)
    assert made.media_type == "image/png"
    assert image.convert("RGBA").getpixel((0, 0))[3] == 0


def test_a_transparent_logo_gets_a_background_where_png_is_not_taken(tmp_path):
    """A white logo is laid on black, and the steps say so."""
    logo = images.encoded(images.transparent_logo((255, 255, 255)), "PNG")
    made = fitted(tmp_path, logo, "image/png", 600_000, ["image/jpeg"])
    assert "transparency placed on black" in made.steps
    assert max(opened(tmp_path, made).getpixel((0, 0))) < 10


def test_a_webp_photo_becomes_a_jpeg_for_mms(tmp_path):
    """And stays a WebP where that is taken."""
    data = images.encoded(images.paint((1200, 900)), "WEBP", quality=80)
    assert fitted(tmp_path, data, "image/webp").media_type == "image/jpeg"
    assert fitted(tmp_path, data, "image/webp", 25_000_000, []).file_name is None


def test_an_animation_becomes_smaller(tmp_path):
    """Every frame in fewer pixels; it takes as long as before."""
    data = images.noisy_gif(12, (480, 360))
    made = fitted(tmp_path, data, "image/gif", len(data) // 3)
    image = opened(tmp_path, made)
    assert image.n_frames > 1
    assert image.width < 480
    durations = []
    for frame in range(image.n_frames):
        image.seek(frame)
        durations.append(image.info["duration"])
    assert sum(durations) == 12 * 80


def test_an_animation_that_would_become_a_smudge_is_refused(tmp_path):
    """With a sentence and the numbers."""
    reason = refused(tmp_path, images.noisy_gif(30, (480, 360)), "image/gif", 20_000).reason
    assert (reason.code, reason.limit) == ("cannot_be_made_to_fit", 20_000)


def test_an_animation_becomes_a_still_where_gif_is_not_taken(tmp_path):
    """And the steps say so."""
    made = fitted(tmp_path, images.gif(4), "image/gif", 600_000, ["image/png"])
    assert made.steps[0] == "first frame only"


def test_an_animated_webp_becomes_a_gif(tmp_path):
    """It keeps moving on a phone that knows no WebP."""
    made = fitted(tmp_path, images.animated_webp(5), "image/webp")
    assert (made.media_type, opened(tmp_path, made).n_frames) == ("image/gif", 5)


def test_a_file_that_is_too_large_is_refused_with_both_numbers(tmp_path):
    """A PDF cannot be made smaller by us."""
    reason = refused(tmp_path, b"%PDF-1.7" + bytes(700_000), "application/pdf").reason
    assert (reason.code, reason.actual, reason.limit) == ("file_too_large", 700_008, 600_000)
    assert "0.7 MB" in reason.sentence


@pytest.mark.parametrize(("media_type", "accepted"), [("application/zip", MMS), ("image/jpeg", ["application/pdf"])])
def test_a_type_that_the_channel_does_not_carry_is_refused(tmp_path, media_type, accepted):
    """Where nothing that it takes can be made of it."""
    data = images.encoded(images.corners(), "JPEG")
    reason = refused(tmp_path, data, media_type, 600_000, accepted).reason
    assert (reason.code, f"but {spoken(accepted)}." in reason.sentence) == ("type_not_taken", True)


def test_a_photo_that_cannot_fit_is_refused(tmp_path):
    """Three hundred bytes are not a picture."""
    assert refused(tmp_path, photo(), "image/jpeg", 300).code == "cannot_be_made_to_fit"


def test_a_truncated_photo_under_the_limit_is_unreadable(tmp_path):
    """It does not leave just because it is small."""
    data = images.encoded(images.paint((640, 480)), "JPEG")[:9000]
    assert refused(tmp_path, data, "image/jpeg").code == "image_unreadable"


def test_fitting_is_repeatable(tmp_path):
    """The same bytes every time: a redelivery makes no second version."""
    assert fitted(tmp_path, photo(), "image/jpeg") == fitted(tmp_path, photo(), "image/jpeg")
