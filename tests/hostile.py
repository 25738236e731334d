"""Files that were made to break whoever reads them, and sound ones to break at random: one of every kind we open."""

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO

from PIL import Image

from tests import documents, images
from tests.clips import clip

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SMALL = (320, 240)


def files() -> Iterator[tuple[str, bytes]]:
    """Every kind known to us, each with a telling name."""
    yield from images.hostile_files()
    yield "eicar", EICAR
    yield "bmp_claiming_65000_square", _bmp_claiming(65_000, 65_000)
    yield "bmp_of_negative_width", _bmp_claiming(-400, 300)
    yield "tiff_claiming_65000_square", _tiff_claiming(65_000)
    yield "tiff_of_2000_pages", _tiff(2000)
    yield "heic_claiming_too_much", _heic_claiming(40_000)
    yield "heic_truncated", images.heic()[:1500]
    yield "avif_claiming_too_much", _avif_claiming(40_000)
    yield "avif_truncated", SOUND["avif"]()[:600]
    yield "film_truncated", clip("video/mp4")[:4000]
    yield "film_without_frames", clip("video/mp4").replace(b"avc1", b"none")
    yield "film_claiming_65000_square", _film_claiming(65_000)
    yield "film_of_a_thousand_years", _film_lasting(2**31 - 1)
    yield "film_that_is_a_playlist", b"#EXTM3U\n#EXTINF:1\nfile:///etc/passwd\n"
    yield "matroska_truncated", clip("video/x-matroska")[:3000]
    yield "wav_claiming_4_gb", _wav_claiming(0xFFFFFFF0)
    yield "mp3_of_noise", b"\xff\xfb\x90\x64" + bytes(range(256)) * 400
    yield "pdf_of_nested_arrays", documents.pdf(extra="/X " + "[" * 50_000)
    yield "pdf_with_a_page_of_a_kilometer", documents.pdf(size=(2_834_645, 10))
    yield "pdf_with_pages_in_a_circle", documents.pdf().replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")
    yield "pdf_with_script", documents.pdf(extra="/OpenAction << /S /JavaScript /JS (while\\(1\\);) >>")
    yield "pdf_locked", documents.pdf(locked=True)
    yield "pdf_stream_inflating_to_200_mb", _pdf_with_bomb()
    yield "zip_25_deep", documents.nested_archive(25)
    yield "zip_claiming_4_gb", documents.archive_claiming(0xFFFFFFF0)
    yield "zip_of_20_times_25_mb", documents.archive(*(f"{n}.bin" for n in range(20)), content=bytes(25_000_000))
    yield "zip_of_20000_files", documents.archive(*(f"{n}" for n in range(20_000)), content=b"")
    yield "zip_without_end", documents.archive()[:-22]
    yield "word_with_macros", documents.office("docx", "word/vbaProject.bin")


SOUND: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: images.encoded(images.paint(SMALL), "JPEG", quality=90),
    "progressive jpeg": lambda: images.encoded(images.paint(SMALL), "JPEG", progressive=True),
    "png": lambda: images.encoded(images.paint(SMALL), "PNG"),
    "gif": lambda: images.noisy_gif(4, (160, 120)),
    "webp": lambda: images.encoded(images.paint(SMALL), "WEBP"),
    "animated webp": lambda: images.animated_webp(4),
    "avif": lambda: images.encoded(images.paint(SMALL), "AVIF", speed=10),
    "heic": lambda: images.heic(SMALL),
    "tiff": lambda: images.encoded(images.paint(SMALL), "TIFF", compression="tiff_lzw"),
    "tiff of jpeg": lambda: images.encoded(images.paint(SMALL), "TIFF", compression="jpeg"),
    "bmp": lambda: images.encoded(images.corners((64, 48)), "BMP"),
    "pdf": lambda: documents.pdf(2),
    "mp4": lambda: clip("video/mp4"),
    "mov": lambda: clip("video/quicktime"),
    "3gp": lambda: clip("video/3gpp"),
    "webm": lambda: clip("video/webm"),
    "matroska": lambda: clip("video/x-matroska"),
    "avi": lambda: clip("video/x-msvideo"),
    "mp3": lambda: clip("audio/mpeg"),
    "m4a": lambda: clip("audio/mp4"),
    "ogg": lambda: clip("audio/ogg"),
    "amr": lambda: clip("audio/amr"),
    "wav": lambda: clip("audio/wav")[:20_000],
    "flac": lambda: clip("audio/flac"),
    "aac": lambda: clip("audio/aac"),
    "zip": lambda: documents.archive("a.txt", "b/c.txt"),
    "docx": lambda: documents.office("docx"),
}
"""A small file of each kind; made when asked for."""


@cache
def sound(kind: str) -> bytes:
    return SOUND[kind]()


def _bmp_claiming(width: int, height: int) -> bytes:
    data = bytearray(images.encoded(Image.new("RGB", (8, 8)), "BMP"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def _tiff(pages: int) -> bytes:
    picture = Image.new("1", (8, 8))
    return images.encoded(picture, "TIFF", save_all=True, append_images=[picture] * (pages - 1))


def _tiff_claiming(side: int) -> bytes:
    """The first two entries of its directory are width and height."""
    data = bytearray(images.encoded(Image.new("L", (8, 8)), "TIFF"))
    first = int.from_bytes(data[4:8], "little") + 2
    for entry in (0, 1):
        data[first + 12 * entry + 2 : first + 12 * entry + 12] = struct.pack("<HII", 4, 1, side)
    return bytes(data)


def _heic_claiming(side: int) -> bytes:
    """`ispe`, the property that says how large the picture is."""
    return _with_extents(images.heic(), side)


def _avif_claiming(side: int) -> bytes:
    return _with_extents(sound("avif"), side)


def _with_extents(content: bytes, side: int) -> bytes:
    data = bytearray(content)
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", side, side)
    return bytes(data)


def _film_claiming(side: int) -> bytes:
    """In its sample entry, where the decoder looks first."""
    data = bytearray(clip("video/mp4"))
    at = data.index(b"avc1", data.index(b"stsd")) + 28
    data[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(data)


def _film_lasting(units: int) -> bytes:
    """In the movie and in the media headers."""
    data = bytearray(clip("video/mp4"))
    for box in (b"mvhd", b"mdhd", b"tkhd"):
        at = data.index(box) + (24 if box == b"tkhd" else 20)
        data[at : at + 4] = struct.pack(">I", units)
    return bytes(data)


def _wav_claiming(size: int) -> bytes:
    data = bytearray(clip("audio/wav")[:2000])
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", size)
    return bytes(data)


def _pdf_with_bomb() -> bytes:
    """Its page draws 200 MB of nothing, deflated to 200 KB."""
    deflate = zlib.compressobj(9)
    packed = b"".join(deflate.compress(b" " * 1_000_000) for _ in range(200)) + deflate.flush()
    out = BytesIO(documents.pdf())
    content = out.getvalue()
    start = content.index(b"3 0 obj")
    end = content.index(b"endobj", start)
    stream = b"3 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream\n"
    return content[:start] + stream + content[end:]
