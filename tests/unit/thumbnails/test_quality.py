"""The search for the best JPEG under a number of bytes."""

from io import BytesIO

import pytest
from PIL import Image

from tests import images
from thumbnails import quality

SCENE = images.paint((1600, 1200))


@pytest.mark.parametrize("max_bytes", [1_000_000, 800_000, 600_000, 450_000])
def test_the_limit_is_met_and_used(max_bytes):
    """Never over it, and close to it: below the best quality at least 88 % of the bytes are spent."""
    found = quality.best_jpeg(SCENE, max_bytes, quality.photo())
    assert found is not None
    assert len(found.data) <= max_bytes
    assert found.quality == quality.BEST or len(found.data) >= 0.88 * max_bytes


def test_a_large_budget_stops_at_the_best_quality():
    """More bytes would not be seen."""
    found = quality.best_jpeg(SCENE, 10_000_000, quality.photo())
    assert found is not None
    assert found.quality == quality.BEST


def test_few_encodings_are_needed(monkeypatch):
    """At most four for a photograph, trials included."""
    calls = []
    encode = quality.encoded
    monkeypatch.setattr(quality, "encoded", lambda *args, **options: calls.append(1) or encode(*args, **options))
    assert quality.best_jpeg(SCENE, 600_000, quality.photo()) is not None
    assert len(calls) <= 4


def test_too_few_bytes_for_so_many_pixels_are_no_answer():
    """The caller then takes fewer pixels instead of a smudge."""
    assert quality.best_jpeg(SCENE, 30_000, quality.photo()) is None


def test_words_give_half_their_colors_before_they_give_pixels():
    """Where a photograph would become smaller."""
    found = quality.best_jpeg(SCENE, 200_000, quality.words())
    assert found is not None
    with Image.open(BytesIO(found.data)) as image:
        assert {layer[1:3] for layer in image.layer} == {(1, 1), (2, 2)}
    assert quality.best_jpeg(SCENE, 200_000, quality.photo()) is None


def test_the_answer_is_progressive_in_full_color():
    """Progressive files are smaller; 4:4:4 keeps red edges and text sharp."""
    found = quality.best_jpeg(SCENE, 450_000, quality.photo())
    assert found is not None
    with Image.open(BytesIO(found.data)) as image:
        assert image.info.get("progressive")
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}
