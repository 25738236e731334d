from pathlib import Path

import pytest

from schemas.reason import Refused
from tests.clips import KINDS, clip, turned
from thumbnails.probe import AudioTrack, ClipLimits, probe

LIMITS = ClipLimits(max_pixels=50_000_000, max_seconds=3600)


@pytest.fixture
def kept(tmp_path: Path):
    def keep(content: bytes) -> Path:
        path = tmp_path / "clip"
        path.write_bytes(content)
        return path

    return keep


@pytest.mark.parametrize("media_type", KINDS)
def test_every_kind_tells_its_length_and_its_tracks(kept, media_type):
    """Duration from the header (raw AAC can only estimate it), and the tracks that a player would choose."""
    found = probe(kept(clip(media_type)), media_type, LIMITS)
    assert found.duration_seconds == pytest.approx(0.55, abs=0.1)
    assert found.media_type == media_type
    assert (found.video is not None) == media_type.startswith("video/")
    assert found.audio is not None


def test_a_film_tells_its_size_and_codecs(kept):
    """Names are libav's canonical ones, whichever decoder runs."""
    found = probe(kept(clip("video/mp4")), "video/mp4", LIMITS)
    assert (found.video.codec, found.video.width, found.video.height) == ("h264", 320, 240)
    assert (found.video.frames_per_second, found.video.pixel_format) == (10.0, "yuv420p")
    assert found.audio == AudioTrack(codec="aac", channels=1, sample_rate=48_000)


def test_a_turned_film_is_upright(kept):
    """A phone held upright stores a landscape and a quarter turn."""
    found = probe(kept(turned(clip("video/mp4"))), "video/mp4", LIMITS)
    assert (found.video.turn, found.video.upright_size) == (90, (240, 320))


def test_a_voice_note_in_a_film_container_is_audio(kept):
    """Browsers record WebM and phones 3GP: without a picture it is audio."""
    assert probe(kept(clip("audio/webm")), "video/webm", LIMITS).media_type == "audio/webm"


def test_a_long_clip_is_refused_by_its_header(kept):
    """The sentence says how long it is and what is allowed."""
    with pytest.raises(Refused) as refused:
        probe(kept(clip("audio/wav")), "audio/wav", ClipLimits(max_pixels=1, max_seconds=0.4))
    assert (refused.value.code, refused.value.reason.actual, refused.value.reason.limit) == ("too_long", 1, 0)


def test_a_film_of_too_many_pixels_is_refused(kept):
    """Before its first frame is decoded."""
    with pytest.raises(Refused) as refused:
        probe(kept(clip("video/mp4")), "video/mp4", ClipLimits(max_pixels=320 * 240 - 1, max_seconds=60))
    assert (refused.value.code, refused.value.reason.actual) == ("too_many_pixels", 320 * 240)


@pytest.mark.parametrize("content", [b"\x00\x00\x00\x18ftypisom", b"#EXTM3U\nfile:///etc/passwd\n"])
def test_what_is_no_clip_is_refused(kept, content):
    """A playlist that calls itself a film opens nothing: the demuxer is named."""
    with pytest.raises(Refused) as refused:
        probe(kept(content), "video/mp4", LIMITS)
    assert refused.value.code == "clip_unreadable"
