"""
Walk the blocks of a picture file without decoding a pixel: how many frames, and is there anything but the picture?

A walk never raises: it ends where the file stops making sense, and what is left over is reported as a `tail`.
"""

import re
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple

TAIL = "tail"


class Block(NamedTuple):
    """A block's name, and the bytes from `start` up to `end` that it takes in its file."""

    name: str
    start: int
    end: int


Walk = Callable[[mmap], Iterator[Block]]

_JPEG_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_PNG_SIGNATURE = 8
_PNG_CHUNK_FRAME = 12
_RIFF_HEADER = 12
_TIFF = 42
_PNG_PIXELS = ("IHDR", "IDAT", "IEND")
_PNG_OTHERWISE = ("tRNS", "acTL")
"""What gives a PNG of full color a transparent one, or more than one picture."""
_PNG_FULL_COLOR = (2, 6)
_WEBP_PICTURES = ("VP8 ", "VP8L", "ALPH", "ANMF")


def frames(source: Path, media_type: str, at_most: int) -> int:
    """Frames of the animation, counted up to `at_most` + 1; 1 for a still picture."""
    block = _FRAME_BLOCK.get(media_type)
    if block is None:
        return 1
    found = (one for one in _blocks(source, media_type) if one.name == block)
    return max(1, sum(1 for _ in islice(found, at_most + 1)))


def is_bare(source: Path, media_type: str) -> bool:
    """
    Whether the file holds its picture and nothing else: no EXIF, XMP, text, thumbnail, second file behind it.

    False for types that are not walked: they may hold anything.
    """
    picture = _PICTURE_BLOCKS.get(media_type, frozenset())
    return bool(picture) and all(block.name in picture for block in _blocks(source, media_type))


def copy_bare(source: Path, media_type: str, target: Path) -> bool:
    """
    The same picture without all that `is_bare` would mind, byte for byte: no pixel is decoded, and none changes.

    False, and no file, for what does not end as its type ends, and for types whose blocks depend on one another.
    """
    last = _LAST_BLOCK.get(media_type)
    if last is None or source.stat().st_size == 0:
        return False
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        blocks = list(_WALKS[media_type](data))
        if not any(block.name == last for block in blocks):
            return False
        with target.open("wb") as copy:
            copy.write(data[: blocks[0].start])
            for block in blocks:
                if block.name in _PICTURE_BLOCKS[media_type]:
                    copy.write(data[block.start : block.end])
    return True


def webp_size(source: Path) -> tuple[int, int] | None:
    """Width and height of the canvas, before libwebp allocates it."""
    with source.open("rb") as file:
        head = file.read(30)
    if len(head) < 30:
        return None
    match head[12:16]:
        case b"VP8X":
            return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack("<HH", head[26:30])
            return width & 0x3FFF, height & 0x3FFF
    return None


def bare_png(source: Path) -> bytes | None:
    """A still PNG of eight bits a channel and full color, with nothing but its pixels. None for any other."""
    blocks = list(_blocks(source, "image/png"))
    kept = [one for one in blocks if one.name in _PNG_PIXELS]
    if not kept or kept[0].name != "IHDR" or any(one.name in _PNG_OTHERWISE for one in blocks):
        return None
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        if data[24] != 8 or data[25] not in _PNG_FULL_COLOR:
            return None
        return b"".join([data[:_PNG_SIGNATURE], *(data[one.start : one.end] for one in kept)])


def key_frame(source: Path) -> bytes | None:
    """The VP8 of an opaque, still, lossy WebP. None for any other."""
    pictures = [one for one in _blocks(source, "image/webp") if one.name in _WEBP_PICTURES]
    if [one.name for one in pictures] != ["VP8 "]:
        return None
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        start = pictures[0].start + 8
        size = int.from_bytes(data[start - 4 : start], "little")
        return data[start : start + size] if start + size <= len(data) else None


def tiff_pages(source: Path, at_most: int) -> int:
    """Pages of a TIFF, counted up to `at_most` + 1 along its chain of directories; 1 for what is no usual TIFF."""
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        order = "<" if data[:2] == b"II" else ">"
        if len(data) < 8 or struct.unpack_from(f"{order}H", data, 2)[0] != _TIFF:
            return 1
        seen: set[int] = set()
        at = struct.unpack_from(f"{order}I", data, 4)[0]
        while at and at not in seen and at + 2 <= len(data) and len(seen) <= at_most:
            seen.add(at)
            following = at + 2 + 12 * struct.unpack_from(f"{order}H", data, at)[0]
            at = struct.unpack_from(f"{order}I", data, following)[0] if following + 4 <= len(data) else 0
    return max(1, len(seen))


def _blocks(source: Path, media_type: str) -> Iterator[Block]:
    if source.stat().st_size == 0:
        return
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        yield from _WALKS[media_type](data)


def _jpeg_blocks(data: mmap) -> Iterator[Block]:
    """Marker names such as `e1`; to a scan (`da`) belongs the entropy-coded data up to the next marker."""
    at = 2
    marker = _JPEG_MARKER.search(data, at)
    while marker and at + 2 <= len(data):
        code, start, at = data[marker.start() + 1], marker.start(), marker.end()
        if code == 0xD9:
            yield Block("d9", start, at)
            break
        is_profile = code == 0xE2 and data[at + 2 : at + 14] == b"ICC_PROFILE\0"
        at += int.from_bytes(data[at : at + 2])
        marker = _JPEG_MARKER.search(data, at)
        if marker and code == 0xDA:
            yield Block("da", start, marker.start())
        else:
            yield Block("icc" if is_profile else f"{code:02x}", start, at)
    if at != len(data):
        yield Block(TAIL, at, len(data))


def _png_blocks(data: mmap) -> Iterator[Block]:
    at, name = _PNG_SIGNATURE, ""
    while name != "IEND" and at + _PNG_CHUNK_FRAME <= len(data):
        name, start = data[at + 4 : at + 8].decode("latin-1"), at
        at += _PNG_CHUNK_FRAME + int.from_bytes(data[at : at + 4])
        yield Block(name, start, at)
    if at != len(data):
        yield Block(TAIL, at, len(data))


def _webp_blocks(data: mmap) -> Iterator[Block]:
    at = _RIFF_HEADER
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end:
        name, start = data[at : at + 4].decode("latin-1"), at
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
        yield Block(name, start, at)
    if at != len(data):
        yield Block(TAIL, at, len(data))


def _gif_blocks(data: mmap) -> Iterator[Block]:
    """`image` for each frame; extensions by their label, the looping one as `loop`; `end` at the end."""
    if len(data) < 13:
        return
    at = 13 + _gif_palette(data[10])
    while at + 1 < len(data) and data[at] in b"\x21\x2c":
        start = at
        if data[at] == 0x2C:
            name = "image"
            at += 11 + (_gif_palette(data[at + 9]) if at + 9 < len(data) else 0)
        else:
            name = "loop" if data[at + 3 : at + 14] in _GIF_LOOPS else f"{data[at + 1]:02x}"
            at += 2
        at = _after_sub_blocks(data, at)
        yield Block(name, start, at)
    is_ended = data[at : at + 1] == b";"
    if is_ended:
        yield Block("end", at, at + 1)
    if not is_ended or at + 1 != len(data):
        yield Block(TAIL, at + is_ended, len(data))


def _gif_palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_sub_blocks(data: mmap, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_FRAME_BLOCK = {"image/gif": "image", "image/png": "fcTL", "image/webp": "ANMF"}
_LAST_BLOCK = {"image/jpeg": "d9", "image/png": "IEND", "image/gif": "end"}
_WALKS: dict[str, Walk] = {
    "image/jpeg": _jpeg_blocks,
    "image/png": _png_blocks,
    "image/webp": _webp_blocks,
    "image/gif": _gif_blocks,
}
_PICTURE_BLOCKS = {
    # frame headers, tables, scans, restart interval; JFIF, the colour profile and Adobe's colour transform
    "image/jpeg": frozenset(
        {f"{code:02x}" for code in range(0xC0, 0xD0)} | {"da", "db", "dd", "d9", "e0", "icc", "ee"}
    ),
    "image/png": frozenset(
        {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP", "sBIT", "bKGD", "pHYs"}
        | {"acTL", "fcTL", "fdAT"}
    ),
    "image/webp": frozenset({"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"}),
    "image/gif": frozenset({"image", "f9", "loop", "end"}),
}
