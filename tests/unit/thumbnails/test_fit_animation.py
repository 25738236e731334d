"""What moves goes on moving: as a smaller GIF, or as a film where GIF is not taken."""

from io import BytesIO

import pytest
from PIL import Image

from tests import images
from tests.unit.thumbnails.fitting import MMS, WHATSAPP, fitted, probed, refusal

GIF = images.noisy_gif(12, (480, 360))


@pytest.mark.parametrize("share", [0.7, 0.3, 0.1])
def test_a_smaller_gif_uses_its_bytes(tmp_path, share):
    """Under the limit, and at least three fifths of it are spent."""
    max_bytes = round(len(GIF) * share)
    made = fitted(tmp_path, GIF, "image/gif", max_bytes, MMS)
    assert made.media_type == "image/gif"
    assert made.size_bytes > 0.6 * max_bytes


def test_a_gif_becomes_a_film_where_gif_is_not_taken(tmp_path):
    """In all its pixels, as long as before, and far smaller."""
    made = fitted(tmp_path, GIF, "image/gif", 5_000_000, WHATSAPP)
    assert (made.media_type, made.steps) == ("video/mp4", ["animation turned into a video"])
    assert (made.width, made.height) == (480, 360)
    assert probed(tmp_path, made).duration_seconds == pytest.approx(12 * 0.08, abs=0.1)
    assert made.size_bytes < len(GIF) / 4


def test_a_film_is_made_smaller_until_it_fits(tmp_path):
    """Pixels go before it is refused."""
    made = fitted(tmp_path, GIF, "image/gif", 20_000, WHATSAPP)
    assert made.steps == ["resized 480x360 to 320x240", "animation turned into a video"]


def test_a_gif_that_would_become_a_smudge_becomes_a_film(tmp_path):
    """Where the channel takes both."""
    assert fitted(tmp_path, GIF, "image/gif", 30_000, MMS).media_type == "video/mp4"


def test_an_animation_of_odd_size_and_with_transparency_becomes_a_film(tmp_path):
    """Video needs even sides and has no holes."""
    frames = [images.transparent_logo((200, number * 40, 0), (151, 101)) for number in range(4)]
    out = BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    made = fitted(tmp_path, out.getvalue(), "image/webp", 5_000_000, WHATSAPP)
    assert (made.media_type, made.width, made.height) == ("video/mp4", 152, 100)


def test_a_transparent_animation_stays_transparent(tmp_path):
    """As GIF, smaller."""
    frames = [images.transparent_logo((200, number * 10, 0), (300, 300)).rotate(number) for number in range(8)]
    out = BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    made = fitted(tmp_path, out.getvalue(), "image/webp", 600_000, ["image/gif"])
    with Image.open(tmp_path / made.file_name) as image:
        assert image.convert("RGBA").getpixel((0, 0))[3] == 0


def test_an_animation_for_a_handful_of_bytes_is_refused(tmp_path):
    """Neither a GIF nor a film can be so small."""
    reason = refusal(tmp_path, GIF, "image/gif", 1500, MMS)
    assert reason.code == "cannot_be_made_to_fit"
    assert reason.sentence.startswith("The animation cannot be made to look acceptable")
