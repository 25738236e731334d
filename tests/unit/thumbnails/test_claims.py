"""What a file was said to be, beside what it is."""

import pytest

from thumbnails.claims import disagreements

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("detected", "declared", "file_name"),
    [
        ("image/jpeg", "image/jpg", "photo.JPG"),
        ("image/jpeg", None, None),
        ("image/jpeg", "application/octet-stream", "photo"),
        ("image/jpeg", "image/jpeg; name=photo.jpg", "photo.jfif"),
        ("image/heic", "image/heif", "IMG_0001.HEIC"),
        ("audio/mp4", "video/mp4", "voice.m4a"),
        ("audio/ogg", "audio/ogg; codecs=opus", "voice.opus"),
        ("text/csv", "text/plain", "list.txt"),
        ("application/msword", "application/vnd.ms-excel", "table.xls"),
        (DOCX, DOCX, "letter.docx"),
        ("application/pdf", "application/x-pdf", "a.b.pdf"),
    ],
)
def test_an_honest_file_is_not_remarked_on(detected, declared, file_name):
    """Other names of the same thing, and names that say nothing, are no lies."""
    assert disagreements(detected, declared, file_name) == []


@pytest.mark.parametrize(
    ("detected", "declared", "file_name", "codes"),
    [
        ("text/html", "image/jpeg", "photo.jpg", ["declared_type_differs", "extension_differs"]),
        ("application/zip", None, "photo.png", ["extension_differs"]),
        ("image/png", "image/jpeg", "photo.png", ["declared_type_differs"]),
        ("image/jpeg", None, "invoice.pdf", ["extension_differs"]),
        ("image/jpeg", None, "holiday.jpg.exe", ["extension_differs"]),
    ],
)
def test_a_lie_is_told(detected, declared, file_name, codes):
    """One warning for the declared type, one for the name, each naming both sides."""
    found = disagreements(detected, declared, file_name)
    assert [one.code for one in found] == codes
    assert all(detected in one.sentence for one in found)
