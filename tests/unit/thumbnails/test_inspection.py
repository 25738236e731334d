"""What a file truly is, and what is refused before anything of it is decoded."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from schemas.reason import Refused
from tests import documents, images
from tests.clips import clip, turned
from thumbnails.inspection import inspect
from thumbnails.orders import Inspection, InspectParams

BOUNDS = {"max_pixels": images.MAX_PIXELS, "max_frames": images.MAX_FRAMES}
SCRIPT = b"<script>alert(1)</script>"


@dataclass(frozen=True)
class Looking:
    source: Path

    def at(self, content: bytes, **limits: float) -> Inspection:
        self.source.write_bytes(content)
        return inspect(self.source, InspectParams(**BOUNDS | limits))

    def refusal(self, content: bytes, **limits: float):
        with pytest.raises(Refused) as refused:
            self.at(content, **limits)
        return refused.value.reason


@pytest.fixture
def look(tmp_path: Path) -> Looking:
    return Looking(tmp_path / "photo.jpg")


def tiff(pages: int) -> bytes:
    pictures = [images.corners((64, 48)) for _ in range(pages)]
    return images.encoded(pictures[0], "TIFF", save_all=True, append_images=pictures[1:])


@pytest.mark.parametrize(
    ("content", "media_type", "browser_shows"),
    [
        (images.sideways_jpeg(6), "image/jpeg", True),
        (images.encoded(images.corners(), "AVIF"), "image/avif", True),
        (images.encoded(images.corners(), "BMP"), "image/bmp", True),
        (images.encoded(images.corners(), "TIFF"), "image/tiff", False),
        (images.heic(), "image/heic", False),
    ],
)
def test_every_picture_tells_its_size_and_whether_a_browser_shows_it(look, content, media_type, browser_shows):
    """Width and height are as a viewer shows them."""
    found = look.at(content)
    assert (found.media_type, found.kind, found.browser_shows) == (media_type, "image", browser_shows)
    assert (found.width, found.height) == (400, 300)


def test_an_animation_tells_its_frames_and_a_scan_its_pages(look):
    """Frames move, pages do not."""
    assert look.at(images.gif(12)).frames == 12
    found = look.at(tiff(3))
    assert (found.frames, found.pages) == (1, 3)


def test_a_film_tells_its_length_size_and_sound(look):
    """Upright, and whether a browser plays it as it is."""
    found = look.at(turned(clip("video/mp4")))
    assert (found.kind, found.width, found.height, found.has_audio) == ("video", 240, 320, True)
    assert found.duration_seconds == pytest.approx(0.5, abs=0.1)
    assert found.browser_shows
    assert not look.at(clip("video/quicktime")).browser_shows


def test_a_voice_note_is_a_recording(look):
    """Also in a container that is mostly used for films."""
    found = look.at(clip("audio/webm"))
    assert (found.media_type, found.kind, found.has_audio, found.width) == ("audio/webm", "audio", True, None)


def test_a_pdf_tells_its_pages(look):
    """And is a file to everybody else."""
    found = look.at(documents.pdf(3))
    assert (found.media_type, found.kind, found.pages, found.warnings) == ("application/pdf", "file", 3, [])


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (documents.office("docx"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (documents.office("xlsx"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (documents.office("pptx"), "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        (documents.office("docx", "word/vbaProject.bin"), "application/vnd.ms-word.document.macroenabled.12"),
        (documents.archive("META-INF/MANIFEST.MF", "a/Main.class"), "application/java-archive"),
        (documents.archive("AndroidManifest.xml"), "application/vnd.android.package-archive"),
        (documents.archive("holiday.txt"), "application/zip"),
    ],
)
def test_an_archive_is_known_by_what_it_lists(look, content, media_type):
    """Office documents, with macros or without, programs and plain archives are all ZIP files."""
    assert look.at(content).media_type == media_type


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (images.encoded(images.corners(), "PNG") + SCRIPT, "hidden_content"),
        (images.gif(1) + documents.archive(), "hidden_content"),
        (images.encoded(images.corners(), "JPEG", comment=b"<?php system($_GET['c']); ?>"), "hidden_content"),
        (documents.pdf(extra="/OpenAction << /S /JavaScript /JS (app.alert) >>"), "active_content"),
        (documents.pdf(locked=True), "document_locked"),
        (b"%PDF-1.7\nnothing of it", "document_unreadable"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(64), "clip_unreadable"),
        (documents.archive("invoice.pdf.exe"), "archive_holds_program"),
        (documents.nested_archive(25), "archive_nested"),
        (documents.archive()[:-10], "archive_unreadable"),
    ],
)
def test_what_an_agent_should_know_is_a_warning(look, content, code):
    """The file may pass, and the sentence says what is odd about it."""
    assert [warning.code for warning in look.at(content).warnings] == [code]


def test_an_ordinary_file_has_no_warning(look):
    """Neither a photo with its metadata nor a film."""
    for content in (images.sideways_jpeg(1), clip("video/mp4"), documents.archive(), images.heic()):
        assert look.at(content).warnings == []


@pytest.mark.parametrize(
    ("content", "limits", "reason"),
    [
        (images.encoded(images.corners(), "BMP"), {"max_pixels": 119_999}, ("too_many_pixels", 120_000, 119_999)),
        (images.encoded(images.corners(), "TIFF"), {"max_pixels": 119_999}, ("too_many_pixels", 120_000, 119_999)),
        (images.encoded(images.corners(), "AVIF"), {"max_pixels": 119_999}, ("too_many_pixels", 120_000, 119_999)),
        (images.heic(), {"max_pixels": 119_999}, ("too_many_pixels", 120_000, 119_999)),
        (clip("video/webm"), {"max_pixels": 76_799}, ("too_many_pixels", 76_800, 76_799)),
        (clip("audio/mpeg", 2), {"max_seconds": 1}, ("too_long", 2, 1)),
        (documents.pdf(4), {"max_pages": 3}, ("too_many_pages", 4, 3)),
        (documents.archive("a", "b", "c"), {"max_entries": 2}, ("archive_too_many_files", 3, 2)),
        (documents.archive_claiming(2_000_000_000), {}, ("archive_too_large", 2_000_000_000, 1_000_000_000)),
    ],
)
def test_a_broken_limit_is_refused_with_its_numbers(look, content, limits, reason):
    """Code, what the file has, and what is allowed; from the header or the list alone."""
    found = look.refusal(content, **limits)
    assert (found.code, found.actual, found.limit) == reason


@pytest.mark.parametrize(
    ("content", "media_type", "kind"),
    [
        (b"<!DOCTYPE html><html>", "text/html", "file"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml", "file"),
    ],
)
def test_a_type_that_we_do_not_open_is_named(look, content, media_type, kind):
    """Allowed or not is for the caller to say."""
    found = look.at(content)
    assert (found.media_type, found.kind, found.width) == (media_type, kind, None)


def test_a_chain_of_pages_that_bites_its_tail_ends(look):
    """A TIFF whose directory names itself as the next one."""
    data = bytearray(images.encoded(Image.new("L", (8, 8)), "TIFF"))
    first = int.from_bytes(data[4:8], "little")
    following = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[following : following + 4] = data[4:8]
    assert look.at(bytes(data)).pages == 1
