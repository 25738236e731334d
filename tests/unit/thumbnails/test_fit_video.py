"""Video under the limit, upright, clean, and of the kind that a phone plays."""

import av
import pytest

from tests import images
from tests.clips import clip, noise, turned
from tests.unit.thumbnails.fitting import MMS, WHATSAPP, first_frame, fitted, probed, refusal

PLENTY = 16_000_000


def test_a_video_that_fits_keeps_its_picture(tmp_path):
    """Only its container is new; who made it where is gone."""
    made = fitted(tmp_path, clip("video/mp4"), "video/mp4", PLENTY, MMS)
    found = probed(tmp_path, made)
    assert (made.media_type, made.steps) == ("video/mp4", ["metadata removed"])
    assert (found.video.codec, found.video.width, found.audio.codec) == ("h264", 320, "aac")


def test_the_index_comes_first(tmp_path):
    """A provider checks, and a player begins, before the last byte is there."""
    made = fitted(tmp_path, clip("video/mp4"), "video/mp4", PLENTY, MMS)
    data = (tmp_path / made.file_name).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("media_type", ["video/quicktime", "video/x-matroska"])
def test_what_a_phone_recorded_moves_into_mp4(tmp_path, media_type):
    """H.264 and AAC stay as they are."""
    made = fitted(tmp_path, clip(media_type), media_type, PLENTY, MMS)
    assert (made.media_type, made.steps) == ("video/mp4", ["moved into video/mp4", "metadata removed"])


@pytest.mark.parametrize("media_type", ["video/webm", "video/x-msvideo"])
def test_what_phones_do_not_play_is_encoded_anew(tmp_path, media_type):
    """As H.264 Main without B-frames, with AAC."""
    made = fitted(tmp_path, clip(media_type), media_type, PLENTY, MMS)
    found = probed(tmp_path, made)
    assert (made.media_type, found.video.codec, found.audio.codec) == ("video/mp4", "h264", "aac")
    with av.open(str(tmp_path / made.file_name)) as container:
        context = container.streams.video[0].codec_context
        assert (context.profile, context.has_b_frames) == ("Main", False)


def test_elaborate_h264_is_encoded_anew_where_only_plain_plays(tmp_path):
    """B-frames freeze some WhatsApp clients."""
    made = fitted(tmp_path, clip("video/mp4"), "video/mp4", PLENTY, WHATSAPP, plain_h264=True)
    assert made.steps == ["encoded as H.264, good quality", "metadata removed"]


def test_a_sideways_video_that_fits_still_says_how_to_turn_it(tmp_path):
    """The packets are the same, and so is the note that every player obeys."""
    made = fitted(tmp_path, turned(clip("video/mp4")), "video/mp4", PLENTY, MMS)
    assert probed(tmp_path, made).video.turn == 90
    assert (made.width, made.height) == (240, 320)


def test_a_sideways_video_is_turned_when_it_is_encoded(tmp_path):
    """Then no player needs to."""
    made = fitted(tmp_path, turned(clip("video/mp4")), "video/mp4", PLENTY, MMS, plain_h264=True)
    assert probed(tmp_path, made).video.turn == 0
    assert made.steps[0] == "turned upright"
    red, green, blue, yellow = images.CORNERS.values()
    seen = images.corner_colors(first_frame(tmp_path, made).to_image())
    assert seen == {"top_left": blue, "top_right": red, "bottom_left": yellow, "bottom_right": green}


@pytest.mark.parametrize(("max_bytes", "frames"), [(60_000, 20.0), (20_000, 15.0), (14_000, 12.0)])
def test_a_large_video_meets_its_bytes(tmp_path, max_bytes, frames):
    """Fewer frames for fewer bytes: under the limit, and most of it used."""
    made = fitted(tmp_path, noise(2.0, (640, 480)), "video/mp4", max_bytes, MMS)
    assert made.size_bytes > 0.6 * max_bytes
    assert probed(tmp_path, made).video.frames_per_second == frames


def test_a_video_of_many_pixels_loses_some(tmp_path):
    """As many as the bytes can feed, and both passes know how many bits they have."""
    made = fitted(tmp_path, noise(1.0, (640, 480)), "video/mp4", 16_000, MMS)
    assert made.steps[0] == "resized 640x480 to 480x360"
    assert made.steps[1].startswith("encoded as H.264, ")
    assert made.steps[1].endswith(" kbit/s")


def test_a_long_video_for_few_bytes_is_refused(tmp_path):
    """With a sentence that a link is better."""
    reason = refusal(tmp_path, noise(2.0), "video/mp4", 8000, MMS)
    assert (reason.code, reason.actual) == ("video_too_long", 2)
    assert "Send a link to it" in reason.sentence


def test_a_phone_that_knows_only_3gpp_gets_that(tmp_path):
    """With the profile that its decoder was built for."""
    made = fitted(tmp_path, clip("video/webm"), "video/webm", 600_000, ["video/3gpp"])
    assert made.media_type == "video/3gpp"
    with av.open(str(tmp_path / made.file_name)) as container:
        assert container.streams.video[0].codec_context.profile == "Constrained Baseline"


def test_a_channel_without_video_refuses_it(tmp_path):
    """No still picture stands for a film."""
    assert refusal(tmp_path, clip("video/mp4"), "video/mp4", 600_000, ["image/jpeg"]).code == "type_not_taken"


def test_a_browser_gets_what_it_plays(tmp_path):
    """A channel that takes everything takes WebM as it is, and not AVI."""
    assert fitted(tmp_path, clip("video/webm"), "video/webm", PLENTY, []).media_type == "video/webm"


def test_a_broken_video_is_unreadable(tmp_path):
    """Half of a file without an index is none."""
    reason = refusal(tmp_path, clip("video/mp4")[:4000], "video/mp4", PLENTY, MMS)
    assert reason.code == "clip_unreadable"


def test_fitting_a_video_is_repeatable(tmp_path):
    """The same bytes every time: a redelivery makes no second version."""
    makings = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        makings.append(fitted(tmp_path / name, noise(1.0), "video/mp4", 25_000, MMS))
    assert makings[0] == makings[1]
