"""Moments, texts and tokens as Meta writes them."""

from datetime import UTC, datetime

import pytest

from ingest.meta_values import MAX_TEXT, lines, moment, readable, token_of

NOON = datetime(2025, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        1764590400,
        "1764590400",
        1764590400000,
        "1764590400000",
        1764590400.0,
        "2025-12-01T12:00:00Z",
        "2025-12-01T12:00:00+0000",
        "2025-12-01T13:00:00+01:00",
        "2025-12-01T12:00:00",
    ],
)
def test_every_way_to_write_a_moment_is_read(value):
    """Seconds, milliseconds, strings, ISO 8601: all of them occur."""
    assert moment(value) == NOON


@pytest.mark.parametrize("value", [None, "", "yesterday", "nan", "inf", 1e300, -1e300, "9" * 400])
def test_nonsense_is_no_moment(value):
    """A message is worth more than its date."""
    assert moment(value) is None


def test_a_long_text_says_that_it_was_cut():
    """Nobody should take the beginning for the whole."""
    cut = readable("w" * (MAX_TEXT + 1))
    assert cut is not None
    assert (len(cut), cut[-4:]) == (MAX_TEXT, " […]"[-4:])
    assert readable("w" * MAX_TEXT) == "w" * MAX_TEXT


@pytest.mark.parametrize(("texts", "expected"), [((), None), ((None, ""), None), (("a", None, "b"), "a\nb")])
def test_only_what_is_there_is_a_line(texts, expected):
    """Empty lines say nothing."""
    assert lines(*texts) == expected


@pytest.mark.parametrize(
    ("echoed", "expected"),
    [
        ("c-1/m-1/p-1", ("c-1", "m-1", "p-1")),
        (None, None),
        ("campaign 7", None),
        ("a/b", None),
        ("a/b/c/d", None),
        ("a//c", None),
        ("a/b/c\n", None),
        ("a/../c", None),
    ],
)
def test_only_our_own_token_is_taken_for_one(echoed, expected):
    """Other systems on the same number may use the field, too."""
    assert token_of(echoed) == expected
