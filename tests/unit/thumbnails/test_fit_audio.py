"""Recordings: under the limit, clean, and in the form that the other side plays."""

import pytest

from tests.clips import clip
from tests.unit.thumbnails.fitting import MMS, WHATSAPP, fitted, probed, refusal

PLENTY = 16_000_000


@pytest.mark.parametrize(
    "media_type", ["audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/amr", "audio/wav", "audio/flac"]
)
def test_a_recording_that_fits_is_only_cleaned(tmp_path, media_type):
    """The same sound without title, cover and place."""
    made = fitted(tmp_path, clip(media_type), media_type, PLENTY, [media_type])
    assert (made.media_type, made.steps) == (media_type, ["metadata removed"])


def test_a_recording_becomes_a_voice_note_for_whatsapp(tmp_path):
    """Opus, one channel, in Ogg."""
    made = fitted(tmp_path, clip("audio/wav", 1.0), "audio/wav", PLENTY, WHATSAPP, preferred_types=["audio/ogg"])
    found = probed(tmp_path, made)
    assert (made.media_type, found.audio.codec, found.audio.channels) == ("audio/ogg", "opus", 1)


@pytest.mark.parametrize(
    ("max_bytes", "media_type", "codec"), [(600_000, "audio/mpeg", "mp3"), (9000, "audio/amr", "amr_nb")]
)
def test_an_mms_takes_mp3_or_what_is_smaller(tmp_path, max_bytes, media_type, codec):
    """Where MP3 would be too much, the telephone's own codec is enough."""
    made = fitted(tmp_path, clip("audio/ogg", 8.0), "audio/ogg", max_bytes, MMS)
    assert (made.media_type, probed(tmp_path, made).audio.codec) == (media_type, codec)
    assert probed(tmp_path, made).duration_seconds == pytest.approx(8.0, abs=0.5)


def test_instagram_gets_aac(tmp_path):
    """As M4A."""
    made = fitted(tmp_path, clip("audio/ogg"), "audio/ogg", PLENTY, ["audio/aac", "audio/mp4"])
    assert (made.media_type, probed(tmp_path, made).audio.codec) == ("audio/mp4", "aac")


def test_a_browser_that_knows_no_amr_gets_aac(tmp_path):
    """A channel that takes everything hands it to people, who must hear it; a telephone's band needs few bits."""
    made = fitted(tmp_path, clip("audio/amr", 1.0), "audio/amr", PLENTY, [])
    assert (made.media_type, made.steps[0]) == ("audio/mp4", "encoded as AAC, 24 kbit/s")


def test_a_film_without_pictures_is_a_recording(tmp_path):
    """Some phones call a voice note video/mp4."""
    made = fitted(tmp_path, clip("audio/mp4"), "video/mp4", PLENTY, ["audio/mp4", "video/mp4"])
    assert (made.media_type, probed(tmp_path, made).video) == ("audio/mp4", None)


def test_a_recording_too_long_for_its_bytes_is_refused(tmp_path):
    """Not even a telephone's codec makes it small enough."""
    reason = refusal(tmp_path, clip("audio/ogg", 8.0), "audio/ogg", 3000, MMS)
    assert (reason.code, reason.actual) == ("recording_too_long", 8)


def test_a_channel_without_sound_refuses_it(tmp_path):
    """With the type in the sentence."""
    reason = refusal(tmp_path, clip("audio/ogg"), "audio/ogg", PLENTY, ["image/jpeg"])
    assert reason.code == "type_not_taken"
    assert "audio/ogg" in reason.sentence
