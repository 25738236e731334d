"""How frames are sized, paced and turned before they are encoded."""

from fractions import Fraction

import av
import pytest
from PIL import Image

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


@pytest.mark.parametrize(("transfer", "middle"), [(16, range(130, 175)), (18, range(110, 140))])
def test_a_high_dynamic_range_becomes_an_ordinary_one(transfer, middle):
    """PQ and HLG, as phones record them: neither gray and flat nor burnt out, in colors that every screen knows."""
    projector = Projector(VideoRecipe((160, 120), Fraction(10), 100_000))
    frame = av.VideoFrame.from_image(Image.linear_gradient("L").convert("RGB")).reformat(format="yuv420p10le")
    frame.pts, frame.duration, frame.time_base = 0, 1, Fraction(1, 10)
    frame.color_trc, frame.color_primaries, frame.colorspace, frame.color_range = transfer, 9, 9, 1
    (shown,) = [*projector.shown(frame), *projector.shown(None)]
    luma = bytes(shown.planes[0])
    assert (shown.colorspace, shown.color_primaries, shown.color_trc) == (1, 1, 1)
    assert luma[0] < 25
    assert luma[60 * shown.planes[0].line_size] in middle
    assert luma[119 * shown.planes[0].line_size] > 200
