"""What a file is, by its content."""

import io
import wave
import zipfile
from pathlib import Path

import pylibmagic
import pytest
from PIL import Image

from tests import images
from thumbnails import sniff


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.txt", "hello")
    return out.getvalue()


SAMPLES = {
    "image/jpeg": images.encoded(images.corners(), "JPEG"),
    "image/png": images.encoded(images.corners(), "PNG"),
    "image/gif": images.gif(2),
    "image/webp": images.encoded(images.corners(), "WEBP"),
    "image/avif": images.encoded(Image.new("RGB", (16, 16)), "AVIF"),
    "image/bmp": images.encoded(images.corners(), "BMP"),
    "image/svg+xml": b'<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "audio/wav": wav(),
    "audio/mpeg": b"\xff\xfb\x90\x64" + bytes(400),
    "audio/amr": b"#!AMR\n" + bytes(100),
    "audio/mp4": b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + bytes(64),
    "video/mp4": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(64),
    "application/pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "application/zip": archive(),
    "text/plain": b"Hello, this is a plain sentence.\nAnd another one.\n",
    "text/csv": b"name,city,amount\nAgnes,Lyon,12\nBert,Bonn,7\nCara,Graz,3\n",
    "text/vcard": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Agnes\r\nEND:VCARD\r\n",
    "text/calendar": b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
    "text/html": b"<!DOCTYPE html><html><body></body></html>",
    "application/pkcs7-signature": bytes.fromhex("30820575 06092a864886f70d010702 a0820566 30820562 020101"),
    "application/x-dosexec": b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x4c\x01" + bytes(200),
}


@pytest.mark.parametrize("media_type", SAMPLES)
def test_a_file_is_known_by_its_content(tmp_path: Path, media_type: str):
    """Neither a wrong name nor aliases of libmagic get through."""
    path = tmp_path / "invoice.jpg"
    path.write_bytes(SAMPLES[media_type])
    assert sniff.media_type(path) == media_type


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/heic", "image"),
        ("video/mp4", "video"),
        ("audio/amr", "audio"),
        ("application/pdf", "file"),
        ("text/csv", "file"),
        ("image/svg+xml", "file"),
    ],
)
def test_every_type_has_a_kind(media_type: str, kind: str):
    """Four kinds; what can carry a script is never an image."""
    assert sniff.kind(media_type) == kind


def test_libmagic_and_its_database_are_the_wheels_own():
    """A system library of another version would answer differently on another machine."""
    mapped = {line.split(maxsplit=5)[5] for line in Path("/proc/self/maps").read_text().splitlines() if "magic" in line}
    ours = str(pylibmagic.data)
    libraries = {path for path in mapped if "libmagic" in path.rpartition("/")[2] or path.endswith(".mgc")}
    assert libraries
    assert all(path.startswith(ours) for path in libraries)


@pytest.mark.parametrize("length", ["80", "7f", "8180", "820575", "83010000"])
def test_a_signature_of_a_mail_is_known_however_long_it_is(tmp_path: Path, length: str):
    """As S/MIME writes it: DER, of a length in one byte, in several, or open."""
    path = tmp_path / "smime.p7s"
    path.write_bytes(bytes.fromhex(f"30 {length} 06092a864886f70d010702 a080 3080 020101 310f"))
    assert sniff.media_type(path) == "application/pkcs7-signature"


def test_other_structures_of_the_kind_are_no_signature(tmp_path: Path):
    """Enveloped data is a mail that nobody here can open."""
    path = tmp_path / "smime.p7m"
    path.write_bytes(bytes.fromhex("30820575 06092a864886f70d010703 a0820566 30820562 020100"))
    assert sniff.media_type(path) == "application/octet-stream"
