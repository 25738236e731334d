"""The version that every browser plays."""

import pytest

from tests.clips import KINDS, clip
from thumbnails.probe import ClipLimits, probe
from thumbnails.transcode import browser_version

LIMITS = ClipLimits(50_000_000, 3600)


@pytest.mark.parametrize("media_type", KINDS)
def test_every_clip_has_a_version_that_browsers_play(tmp_path, media_type):
    """Whatever container and codecs it came in."""
    source = tmp_path / "source"
    source.write_bytes(clip(media_type))
    made = browser_version(source, tmp_path / "full", media_type, max_pixels=50_000_000, max_seconds=3600)
    assert probe(made.path, made.media_type, LIMITS).plays_in_browsers
    assert b"SecretCamera" not in made.path.read_bytes()
