"""Limits are checked before a pixel is decoded."""

from pathlib import Path

import pytest

from schemas.reason import Refused
from tests import images
from thumbnails import limits
from thumbnails.limits import Limits


def header(tmp_path: Path, data: bytes, media_type: str, bounds: Limits) -> limits.Header:
    path = tmp_path / "file"
    path.write_bytes(data)
    with limits.opened(path, media_type, bounds) as (_, found):
        return found


@pytest.mark.parametrize(("max_pixels", "accepted"), [(120_000, True), (119_999, False)])
def test_pixels_are_limited_exactly(tmp_path, max_pixels, accepted):
    """400 x 300 passes at its own number and not at one less; the reason has both numbers."""
    data = images.encoded(images.corners((400, 300)), "JPEG")
    if accepted:
        assert header(tmp_path, data, "image/jpeg", Limits(max_pixels, 10)).width == 400
        return
    with pytest.raises(Refused) as refused:
        header(tmp_path, data, "image/jpeg", Limits(max_pixels, 10))
    reason = refused.value.reason
    assert (reason.code, reason.actual, reason.limit) == ("too_many_pixels", 120_000, max_pixels)
    assert "400 x 300" in reason.sentence


def test_pixels_of_an_animation_are_those_of_all_its_frames(tmp_path):
    """64 x 48 in 20 frames are 61,440 pixels."""
    with pytest.raises(Refused) as refused:
        header(tmp_path, images.gif(20), "image/gif", Limits(61_439, 100))
    assert (refused.value.code, refused.value.reason.actual) == ("too_many_pixels", 61_440)


def test_frames_are_limited(tmp_path):
    """However small they are."""
    with pytest.raises(Refused) as refused:
        header(tmp_path, images.gif(20), "image/gif", Limits(1_000_000, 19))
    assert (refused.value.code, refused.value.reason.limit) == ("too_many_frames", 19)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_upright_size_follows_the_orientation(tmp_path, orientation):
    """5 to 8 swap width and height."""
    found = header(tmp_path, images.sideways_jpeg(orientation), "image/jpeg", Limits(1_000_000, 10))
    assert found.orientation == orientation
    assert found.upright_size == (400, 300)


def test_a_broken_exif_block_means_upright(tmp_path):
    """Nonsense in the metadata is no reason to refuse a good picture."""
    data = images.encoded(images.corners(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff nonsense")
    assert header(tmp_path, data, "image/jpeg", Limits(1_000_000, 10)).orientation == 1


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/gif", "image/webp"])
def test_a_file_of_another_format_is_unreadable(tmp_path, media_type):
    """Only the one format that was sniffed is tried."""
    with pytest.raises(Refused) as refused:
        header(tmp_path, images.encoded(images.corners(), "BMP"), media_type, Limits(1_000_000, 10))
    assert refused.value.code == "image_unreadable"
