"""File names in headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.gateway.headers import disposition, file_name_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", "inline; filename=\"a.jpg\"; filename*=UTF-8''a.jpg"),
        ("Größe €.jpg", "inline; filename=\"Groe .jpg\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%82%AC.jpg"),
        ('a";x="b.jpg', "inline; filename=\"a__x__b.jpg\"; filename*=UTF-8''a%22%3Bx%3D%22b.jpg"),
        ("a\r\nSet-Cookie: x=1", "inline; filename=\"aSet-Cookie_ x_1\"; filename*=UTF-8''aSet-Cookie%3A%20x%3D1"),
        ("../../etc/passwd", "inline; filename=\"passwd\"; filename*=UTF-8''passwd"),
        ("写真", "inline; filename=\"file\"; filename*=UTF-8''%E5%86%99%E7%9C%9F"),
        ("", "inline; filename=\"file\"; filename*=UTF-8''file"),
    ],
)
def test_a_name_in_both_forms(name, expected):
    """Plain ASCII for old clients, UTF-8 for the rest, and nothing that ends the quotes."""
    assert disposition("inline", name) == expected


@given(st.text())
def test_no_name_leaves_the_header(name):
    """Whatever the name, the header stays one line of ASCII with two quotes."""
    header = disposition("attachment", name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a.jpg", "a.jpg"),
        ("UTF-8''%e2%82%ac%20rates.jpg", "€ rates.jpg"),
        ("utf-8'en'a%2Fb.jpg", "b.jpg"),
        ("UTF-8''%ff", "\ufffd"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("..", None),
        ("", None),
        (None, None),
    ],
)
def test_a_name_from_a_header(value, expected):
    """RFC 8187 or plain; only the last part of a path counts."""
    assert file_name_of(value) == expected
