"""The number that says how much a fitted picture still looks like the original."""

import pytest
from PIL import Image, ImageFilter

from tests import images
from thumbnails.fit_score import similarity

SCENE = images.paint((1600, 1200))


def test_the_same_picture_scores_one():
    """Whatever its mode."""
    assert similarity(SCENE, SCENE.convert("RGBA")) == 1.0


def test_the_worse_it_looks_the_lower_the_score():
    """More blur, less likeness."""
    scores = [similarity(SCENE, SCENE.filter(ImageFilter.GaussianBlur(radius))) for radius in (1, 3, 9)]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] < 0.9


def test_a_negative_is_not_alike():
    """Structure counts, not only where the edges are."""
    assert similarity(SCENE, SCENE.point(lambda value: 255 - value)) < 0.2


def test_pixels_that_nobody_sees_do_not_count():
    """Compared as a phone shows it: half the size of a large picture is no loss."""
    assert similarity(SCENE, SCENE.resize((1080, 810), Image.Resampling.LANCZOS)) > 0.98


@pytest.mark.parametrize("size", [(7, 100), (3000, 20)])
def test_a_sliver_has_no_score(size):
    """Less than a block on either side, once it is shown."""
    sliver = Image.new("RGB", size)
    assert similarity(sliver, sliver) is None
