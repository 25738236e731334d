"""Thumbnails and previews: right side up, right colors, nothing of the camera left."""

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from schemas.reason import Refused
from tests import documents, images
from tests.clips import clip, turned
from thumbnails.jobs import Recipe, Rendered, RenderParams, render
from thumbnails.orders import AnimationRecipe
from thumbnails.probe import ClipLimits, probe

FULL = Recipe(name="full-2560", max_side=2560, media_type="image/jpeg", quality=85)
ANIMATION = AnimationRecipe(name="animation-480", max_side=480, max_frames=5, quality=60)
RECIPES = [
    Recipe(name="thumbnail-320", max_side=320, media_type="image/webp", quality=80),
    Recipe(name="preview-1280", max_side=1280, media_type="image/jpeg", quality=85),
]


def rendered(tmp_path: Path, data: bytes, media_type: str, max_pixels: int = images.MAX_PIXELS) -> Rendered:
    source = tmp_path / "source"
    source.write_bytes(data)
    params = RenderParams(
        media_type=media_type,
        recipes=RECIPES,
        full=FULL,
        animation=ANIMATION,
        max_pixels=max_pixels,
        max_frames=images.MAX_FRAMES,
    )
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
    [
        (images.encoded(images.corners(), "AVIF", exif=images.exif()), "image/avif"),
        (images.heic(), "image/heic"),
        (images.encoded(images.corners(), "TIFF", exif=images.exif()), "image/tiff"),
        (images.encoded(images.corners(), "BMP"), "image/bmp"),
        (images.encoded(images.corners(), "WEBP", exif=images.exif()), "image/webp"),
        (images.encoded(images.corners(), "PNG") + b"<script>SecretCamera</script>", "image/png"),
    ],
)
def test_every_kind_of_picture_is_shown_clean(tmp_path, data, media_type):
    """The same corners, and nothing of the camera or of what hung behind the picture."""
    made = rendered(tmp_path, data, media_type)
    assert (made.width, made.height) == (400, 300)
    assert made.placeholder
    for image in pictures(tmp_path, made).values():
        assert images.corner_colors(image) == images.CORNERS
        assert {"exif", "xmp", "icc_profile", "comment"} & set(image.info) == set()
    assert not any(b"SecretCamera" in (tmp_path / file.file_name).read_bytes() for file in made.files)


@pytest.mark.parametrize(
    ("image_format", "media_type"), [("AVIF", "image/avif"), ("TIFF", "image/tiff"), ("WEBP", "image/webp")]
)
def test_a_sideways_picture_of_any_kind_is_turned(tmp_path, image_format, media_type):
    """Each container has its own way to say which way is up."""
    sideways = images.corners().transpose(Image.Transpose.ROTATE_90)
    made = rendered(tmp_path, images.encoded(sideways, image_format, exif=images.exif(6)), media_type)
    assert (made.width, made.height) == (400, 300)
    for image in pictures(tmp_path, made).values():
        assert images.corner_colors(image) == images.CORNERS


@pytest.mark.parametrize(
    ("data", "media_type", "names"),
    [
        (images.heic((3000, 2000)), "image/heic", ["full-2560", "preview-1280", "thumbnail-320"]),
        (images.encoded(images.corners(), "TIFF"), "image/tiff", ["full-2560", "preview-1280", "thumbnail-320"]),
        (images.encoded(images.corners(), "AVIF"), "image/avif", ["preview-1280", "thumbnail-320"]),
    ],
)
def test_what_browsers_cannot_show_has_a_full_version(tmp_path, data, media_type, names):
    """A JPEG as large as anybody looks at; nobody needs one of a picture that shows anyway."""
    made = rendered(tmp_path, data, media_type)
    assert [file.name for file in made.files] == names
    if "full-2560" in names:
        assert made.files[0].media_type == "image/jpeg"
        assert made.files[0].width == min(2560, made.width)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(images.noisy_gif(9, (640, 480)), "image/gif"), (images.noisy_webp(9, (640, 480)), "image/webp")],
)
def test_an_animation_has_still_and_moving_previews(tmp_path, data, media_type):
    """The stills show the first frame; what moves is small, in no more frames than the recipe allows, and as long."""
    made = rendered(tmp_path, data, media_type)
    shown = pictures(tmp_path, made)
    moving = shown.pop("animation-480")
    assert all(getattr(image, "n_frames", 1) == 1 for image in shown.values())
    assert (moving.size, moving.n_frames) == ((480, 360), 5)
    assert milliseconds(moving) == milliseconds(Image.open(BytesIO(data)))


def test_a_moving_preview_that_is_larger_than_its_original_is_dropped(tmp_path):
    """The browser shows the original then."""
    made = rendered(tmp_path, images.gif(5), "image/gif")
    assert [file.name for file in made.files] == ["preview-1280", "thumbnail-320"]


def milliseconds(animation: Image.Image) -> int:
    total = 0
    for frame in ImageSequence.Iterator(animation):
        frame.load()
        total += round(frame.info["duration"])
    return total


def test_a_pdf_shows_its_first_page(tmp_path):
    """Upright on white, as large as the preview."""
    made = rendered(tmp_path, documents.pdf(3), "application/pdf")
    assert made.placeholder
    for image in pictures(tmp_path, made).values():
        red, green, blue = image.convert("RGB").getpixel((image.width // 2, image.height // 4))
        assert red > 200 > 60 > max(green, blue)
        assert min(image.convert("RGB").getpixel((image.width // 2, image.height * 3 // 4))) > 240
    assert max((file.width, file.height) for file in made.files) == (905, 1280)


def test_a_locked_pdf_says_why_it_has_no_preview(tmp_path):
    """The file itself is fine."""
    with pytest.raises(Refused) as refused:
        rendered(tmp_path, documents.pdf(locked=True), "application/pdf")
    assert refused.value.code == "document_locked"


def test_a_film_shows_a_frame_the_right_way_up(tmp_path):
    """A phone that was held upright turns its film; so is its poster turned."""
    upright = clip("video/mp4", size=(320, 240))
    for data, size in ((upright, (320, 240)), (turned(upright), (240, 320))):
        made = rendered(tmp_path, data, "video/mp4")
        assert (made.width, made.height) == size
        for image in pictures(tmp_path, made).values():
            assert image.size == size
        corners = images.corner_colors(image.transpose(Image.Transpose.ROTATE_90) if size == (240, 320) else image)
        assert corners == images.CORNERS


def test_a_recording_shows_its_waveform(tmp_path):
    """Bars on nothing: quiet at its beginning, loud in its middle."""
    made = rendered(tmp_path, clip("audio/wav", 1), "audio/wav")
    assert made.placeholder is None
    bars = pictures(tmp_path, made)["preview-1280"].getchannel("A")
    assert bars.size == (1280, 320)

    def height(start: int) -> int:
        box = bars.crop((start, 0, start + 60, 320)).point(lambda value: 255 if value > 127 else 0).getbbox()
        return box[3] - box[1]

    assert height(0) < 120 < 280 < height(600)


@pytest.mark.parametrize(
    ("media_type", "full"),
    [
        ("video/quicktime", "video/mp4"),
        ("video/x-matroska", "video/mp4"),
        ("audio/amr", "audio/mp4"),
        ("video/mp4", None),
        ("audio/ogg", None),
        ("video/x-msvideo", None),
    ],
)
def test_a_clip_that_browsers_do_not_play_gets_one_that_they_do(tmp_path, media_type, full):
    """By a new container or a short encoding; a film that would have to be encoded anew gets none here."""
    made = rendered(tmp_path, clip(media_type), media_type)
    found = [file for file in made.files if file.name == "full"]
    assert [file.media_type for file in found] == ([full] if full else [])
    for file in found:
        source = tmp_path / file.file_name
        again = probe(source, file.media_type, ClipLimits(10**6, 60))
        assert again.plays_in_browsers
        assert again.duration_seconds == pytest.approx(0.5, abs=0.15)
        assert b"SecretCamera" not in source.read_bytes()
        assert b"+48.8583" not in source.read_bytes()


def test_a_film_that_breaks_off_keeps_its_poster(tmp_path):
    """No version for browsers can be made of it, and that costs nothing else."""
    whole = clip("video/x-matroska")
    made = rendered(tmp_path, whole[: len(whole) * 3 // 4], "video/x-matroska")
    assert {"preview-1280", "thumbnail-320"} <= {file.name for file in made.files}


def test_an_animation_whose_end_is_missing_shows_its_beginning(tmp_path):
    """A download that broke off is still a picture."""
    whole = images.noisy_gif(9, (640, 480))
    made = rendered(tmp_path, whole[: len(whole) // 2], "image/gif")
    assert {"preview-1280", "thumbnail-320"} <= {file.name for file in made.files}


def test_an_animation_that_grows_keeps_the_size_of_its_beginning(tmp_path):
    """A broken GIF whose second frame reaches beyond its canvas."""
    data = bytearray(images.noisy_gif(3, (640, 480)))
    at = data.index(b"\x2c\x00\x00\x00\x00\x80\x02\xe0\x01", 2000)
    data[at + 1 : at + 3] = (60).to_bytes(2, "little")
    made = rendered(tmp_path, bytes(data), "image/gif")
    assert pictures(tmp_path, made)["animation-480"].size == (480, 360)


def test_a_film_in_a_new_container_is_still_turned(tmp_path):
    """The quarter turn is part of the picture, not of what is left behind."""
    made = rendered(tmp_path, turned(clip("video/quicktime")), "video/quicktime")
    (file,) = [file for file in made.files if file.name == "full"]
    assert probe(tmp_path / file.file_name, "video/mp4", ClipLimits(10**6, 60)).video.upright_size == (240, 320)


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
