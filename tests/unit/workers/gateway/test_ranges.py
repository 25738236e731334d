"""One range of bytes, as RFC 9110 has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.gateway.ranges import NotSatisfiable, Span, span_of


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-", Span(0, 10)),
        ("bytes=3-5", Span(3, 3)),
        ("bytes=3-99", Span(3, 7)),
        ("bytes=-4", Span(6, 4)),
        ("bytes=-99", Span(0, 10)),
        ("bytes= 3 - 5", Span(3, 3)),
    ],
)
def test_a_range_is_cut_to_the_file(header, expected):
    """First to last, open ends, and the last so many bytes."""
    assert span_of(header, 10) == expected


@pytest.mark.parametrize("header", [None, "", "bytes=-", "bytes=5-3", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b"])
def test_what_is_no_single_range_is_ignored(header):
    """Then the whole file is the answer."""
    assert span_of(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_satisfied(header):
    """There is no byte to give."""
    with pytest.raises(NotSatisfiable):
        span_of(header, 10)


@given(header=st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}", fullmatch=True), size=st.integers(1, 500))
def test_a_span_always_lies_inside_the_file(header, size):
    """Whatever is asked, no byte outside is promised."""
    try:
        span = span_of(header, size)
    except NotSatisfiable:
        return
    assert span is None or (span.start >= 0 and span.length > 0 and span.start + span.length <= size)
