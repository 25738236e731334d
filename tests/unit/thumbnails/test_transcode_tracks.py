"""How frames are sized, paced and turned before they are encoded."""

from fractions import Fraction

import av
import pytest

from tests import images
from thumbnails.transcode_recipes import VideoRecipe
from thumbnails.transcode_tracks import Projector, evened, paced


@pytest.mark.parametrize(("size", "even"), [((101, 57.4), (100, 58)), ((0.4, 3), (2, 4)), ((640, 360), (640, 360))])
def test_sides_are_even(size, even):
    """Color has a quarter of the pixels."""
    assert evened(size) == even


@pytest.mark.parametrize(
    ("rate", "at_most", "expected"),
    [
        (29.97, 30, Fraction(2997, 100)),
        (60.0, 30, Fraction(30)),
        (12.5, 30, Fraction(25, 2)),
        (None, 15, Fraction(15)),
        (0.01, 15, Fraction(15)),
        (90_000.0, 30, Fraction(30)),
    ],
)
def test_a_rate_is_believed_when_it_can_be_true(rate, at_most, expected):
    """Containers tell odd things."""
    assert paced(rate, at_most) == expected


def test_frames_come_out_in_the_recipe_s_size_and_pace():
    """Thirty in, ten out, in a quarter of the pixels."""
    projector = Projector(VideoRecipe((160, 120), Fraction(10), 100_000))
    shown = []
    for number in range(30):
        frame = av.VideoFrame.from_image(images.corners((320, 240)))
        frame.pts, frame.time_base = number, Fraction(1, 30)
        shown += projector.shown(frame)
    shown += projector.shown(None)
    assert (len(shown), {(frame.width, frame.height, frame.format.name) for frame in shown}) == (
        10,
        {(160, 120, "yuv420p")},
    )
    assert images.corner_colors(shown[0].to_image()) == images.CORNERS
