"""File names that come from anywhere and go to providers."""

import pytest

from workers.runtime.file_names import from_disposition, plain_name, provider_name, short_name


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('attachment; filename="photo.jpg"', "photo.jpg"),
        ("attachment; filename=photo.jpg", "photo.jpg"),
        ('inline; FILENAME="photo.jpg"; size=3', "photo.jpg"),
        ("attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.jpg", "Grüße.jpg"),
        ("attachment; filename=\"fallback.jpg\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.jpg", "Grüße.jpg"),
        ("attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.jpg; filename=\"fallback.jpg\"", "Grüße.jpg"),
        ("attachment; filename*=iso-8859-1'en'%A3%20rates.txt", "£ rates.txt"),
        ('attachment; filename="Gr\u00c3\u00bc\u00c3\u0178e.jpg"', "Gr\u00c3\u00bc\u00c3\u0178e.jpg"),
        ('attachment; filename="' + "Grüße.jpg".encode().decode("latin-1") + '"', "Grüße.jpg"),
        ('attachment; filename="Grüße.jpg"', "Grüße.jpg"),
        ('attachment; filename="a \\"quoted\\" name.txt"', 'a "quoted" name.txt'),
        ('attachment; filename="a;b=c.txt"', "a;b=c.txt"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("attachment; filename*=UTF-8''%00%0D%0Aevil.txt", "evil.txt"),
        ('attachment; filename="C:\\\\Users\\\\me\\\\photo.jpg"', "photo.jpg"),
        ("attachment; filename*=no-such-charset''a%FF.txt", "aÿ.txt"),
        ("attachment; filename*=broken", "broken"),
        ('attachment; filename=""', None),
        ('attachment; filename=".."', None),
        ("attachment", None),
        ("", None),
        (None, None),
        (";;;=;", None),
    ],
)
def test_the_name_is_read_as_rfc_6266_says(header: str | None, expected: str | None) -> None:
    """`filename*` wins, raw UTF-8 is understood, and only the last part of a path remains."""
    assert from_disposition(header) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.jpg", "photo.jpg"),
        ("a/b\\c.txt", "c.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\x00b\tc\u2028d.txt", "abcd.txt"),
        (" .hidden. ", "hidden"),
        ("👩‍👩‍👧.png", "👩‍👩‍👧.png"),
        ("\ud800lone.txt", "lone.txt"),
        ("...", None),
        ("/", None),
        ("", None),
    ],
)
def test_a_plain_name_misleads_nobody(name: str, expected: str | None) -> None:
    """No paths, no control characters, no text that is turned around; emoji stay whole."""
    assert plain_name(name) == expected


def test_a_long_name_keeps_its_extension() -> None:
    """File systems end names at 255 bytes; characters are not cut in half."""
    name = plain_name("é" * 300 + ".jpeg")
    assert name == "é" * 97 + ".jpeg"


@pytest.mark.parametrize(
    ("name", "media_type", "expected"),
    [
        ("photo.jpg", "image/jpeg", "photo.jpg"),
        ("Grüße aus Köln, 2026.HEIC", "image/jpeg", "Grue-aus-Koln-20.jpg"),
        ("写真.png", "image/png", "file.png"),
        ("report", "application/pdf", "report.pdf"),
        ("a" * 50 + ".pdf", "application/pdf", "a" * 16 + ".pdf"),
        ("data.weird", "application/x-nobody-knows", "data.weird"),
        ("../../x y", "application/x-nobody-knows", "x-y"),
        ("", "image/png", "file.png"),
    ],
)
def test_a_provider_name_is_short_and_has_the_extension_of_its_type(name: str, media_type: str, expected: str) -> None:
    """Twenty plain characters at most."""
    assert provider_name(name, media_type) == expected
    assert len(expected) <= 20


@pytest.mark.parametrize(
    ("name", "short"),
    [("photo.jpg", "photo.jpg"), ("a" * 30 + ".jpeg", "a" * 15 + ".jpeg"), ("图" * 10 + ".pdf", "图" * 5 + ".pdf")],
)
def test_a_name_is_shortened_before_its_extension(name, short):
    """By bytes, and never in the middle of a letter."""
    assert short_name(name, 20) == short
