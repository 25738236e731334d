"""The files of the demo: the user's own photo, or a camera-like scene that we paint; and hostile ones."""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal

from workers.sandbox.paper import one_page
from workers.sandbox.recording import voice_note
from workers.sandbox.scene import camera_scene

PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x3e\x00\x01\x00\x00\x00" + bytes(40)


@dataclass(frozen=True)
class Photos:
    """`large` is what the agent sends; `rotated` a phone photo stored sideways, with GPS; `small` an upright one."""

    large: Path
    large_is_painted: bool
    rotated: Path
    small: Path
    flood: Path
    """A PNG of 13300x13300 pixels that weighs half a megabyte."""
    program: Path
    """A program that calls itself a photo."""
    document: Path
    voice: Path


def photos(own: Path | None, folder: Path, out: Console) -> Photos:
    folder.mkdir(parents=True)
    large = folder / (own.name if own else "scene-12-megapixels.jpg")
    large.write_bytes(own.read_bytes() if own else camera_scene(orientation=6))
    painted = "yours" if own else "painted by us to look like a camera's: 12 megapixels, stored sideways, GPS inside"
    out.print(f"The agent's photo: {large} ({decimal(large.stat().st_size)}, {painted})", soft_wrap=True)
    return Photos(
        large=large,
        large_is_painted=own is None,
        rotated=_written(folder / "rotated-with-gps.jpg", camera_scene((1600, 1200), seed=2, orientation=6)),
        small=_written(folder / "upright.jpg", camera_scene((1200, 900), seed=3, gps=False)),
        flood=_written(folder / "flood.png", flooding_png(13_300)),
        program=_written(folder / "holiday.jpg", PROGRAM),
        document=_written(folder / "parts-list.pdf", one_page()),
        voice=_written(folder / "voice-note.ogg", voice_note()),
    )


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def flooding_png(side: int) -> bytes:
    """A black square that is small on disk and enormous in memory."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + side * 3)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
