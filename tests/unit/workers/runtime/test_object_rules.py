"""The rules of every object store, where a store's own suite does not reach."""

from io import BytesIO

import pytest

from workers.runtime.object_rules import Measured, check_prefix, escape, safe_media_type, unescape
from workers.runtime.objects import WrongSize


@pytest.mark.parametrize("value", ["plain", "100%25", "é%C3%A9", "a=b;c,d", "\t \n", "🎺", "%", "+ +"])
def test_escaping_comes_back(value: str) -> None:
    """Whatever a value holds, headers carry plain ASCII without spaces."""
    escaped = escape({"Name": value})
    assert escaped["name"].isascii()
    assert not set(escaped["name"]) & set(" \t\r\n")
    assert unescape(escaped) == {"name": value}


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "media/acme/"])
def test_a_prefix_may_be_any_beginning(prefix: str) -> None:
    """Also nothing, and a slash at its end."""
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("image/svg+xml", "image/svg+xml"),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",) * 2,
        ("text/html\n", "application/octet-stream"),
        ("a/b/c", "application/octet-stream"),
    ],
)
def test_a_media_type_is_one_or_unknown(media_type: str, expected: str) -> None:
    """Parameters may stay."""
    assert safe_media_type(media_type) == expected


def test_bytes_that_are_too_many_are_noticed_before_the_last_are_handed_over() -> None:
    """A store that reads exactly what was promised would otherwise store a cut file."""
    measured = Measured(BytesIO(b"123456"), 5)
    with pytest.raises(WrongSize):
        measured.read(5)


def test_bytes_that_are_too_few_are_noticed_at_their_end() -> None:
    """Not taken for the end of the file."""
    measured = Measured(BytesIO(b"1234"), 5)
    assert measured.read(4) == b"1234"
    with pytest.raises(WrongSize):
        measured.read(4)


def test_an_unknown_size_is_counted() -> None:
    """Any number of bytes is right then."""
    measured = Measured(BytesIO(b"1234"), None)
    assert b"".join(iter(lambda: measured.read(3), b"")) == b"1234"
    assert measured.size_bytes == 4
