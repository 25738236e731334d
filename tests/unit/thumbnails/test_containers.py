"""Walking the blocks of a file without decoding it."""

from pathlib import Path

import pytest

from tests import images
from thumbnails import containers

CLEAN = {
    "image/jpeg": images.encoded(images.paint((320, 240)), "JPEG", progressive=True),
    "image/png": images.encoded(images.corners(), "PNG"),
    "image/gif": images.gif(3),
    "image/webp": images.animated_webp(3),
}
DIRTY = {
    "image/jpeg": images.encoded(images.corners(), "JPEG", exif=images.exif()),
    "image/png": images.png_with_secrets(),
    "image/gif": images.encoded(images.corners(), "GIF", comment=b"SecretCamera"),
    "image/webp": images.encoded(images.corners(), "WEBP", exif=images.exif()),
}


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("media_type", CLEAN)
def test_a_file_that_is_only_its_picture_is_bare(tmp_path, media_type):
    """Nothing needs to be removed from it."""
    assert containers.is_bare(written(tmp_path, CLEAN[media_type]), media_type)


@pytest.mark.parametrize("media_type", DIRTY)
def test_metadata_is_seen(tmp_path, media_type):
    """EXIF, text and comments make a file not bare."""
    assert not containers.is_bare(written(tmp_path, DIRTY[media_type]), media_type)


@pytest.mark.parametrize("media_type", CLEAN)
def test_a_tail_is_seen(tmp_path, media_type):
    """A second file behind the picture makes it not bare, even one that ends as a picture ends."""
    tail = b"PK\x03\x04 and more" + CLEAN[media_type][-2:]
    assert not containers.is_bare(written(tmp_path, CLEAN[media_type] + tail), media_type)


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/gif"])
def test_a_bare_copy_is_the_picture_and_nothing_else(tmp_path, media_type):
    """Neither metadata nor what hangs behind the picture; what was bare stays as it was."""
    copy = tmp_path / "copy"
    for data in (DIRTY[media_type] + b"PK\x03\x04 and more", CLEAN[media_type]):
        assert containers.copy_bare(written(tmp_path, data), media_type, copy)
        assert containers.is_bare(copy, media_type)
    assert copy.read_bytes() == CLEAN[media_type]


@pytest.mark.parametrize(
    ("media_type", "cut"), [("image/jpeg", 3), ("image/png", 9), ("image/gif", 1), ("image/webp", 1)]
)
def test_no_bare_copy_of_what_is_damaged_or_has_dependent_blocks(tmp_path, media_type, cut):
    """It goes through the decoder."""
    source = written(tmp_path, CLEAN[media_type][:-cut])
    assert not containers.copy_bare(source, media_type, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("media_type", CLEAN)
def test_a_truncated_file_is_not_bare(tmp_path, media_type):
    """It goes through the decoder, which says what is wrong with it."""
    assert not containers.is_bare(written(tmp_path, CLEAN[media_type][:-3]), media_type)


@pytest.mark.parametrize(
    ("media_type", "data", "frames"),
    [
        ("image/gif", images.gif(7), 7),
        ("image/gif", images.gif(1), 1),
        ("image/png", images.apng(5), 5),
        ("image/png", CLEAN["image/png"], 1),
        ("image/webp", images.animated_webp(4), 4),
        ("image/webp", images.encoded(images.corners(), "WEBP"), 1),
        ("image/jpeg", CLEAN["image/jpeg"], 1),
    ],
)
def test_frames_are_counted_without_decoding(tmp_path, media_type, data, frames):
    """The same number that Pillow finds by seeking through all of them."""
    assert containers.frames(written(tmp_path, data), media_type, at_most=1000) == frames


def test_counting_stops_just_above_the_limit(tmp_path):
    """An animation of millions of frames costs no more than one of the limit."""
    assert containers.frames(written(tmp_path, images.gif(50)), "image/gif", at_most=10) == 11


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}, {"exif": images.exif()}])
def test_the_size_of_a_webp_is_read_from_its_head(tmp_path, options):
    """All three kinds of WebP: lossless, lossy and extended."""
    path = written(tmp_path, images.encoded(images.corners((123, 45)), "WEBP", **options))
    assert containers.webp_size(path) == (123, 45)
