"""
Large PNGs and lossy WebPs, decoded by libavcodec and made smaller in its own memory.

Pillow copies what it decodes twice (WebP: three times) before it can resize: for 12 MP a seventh to a fifth of the CPU.
libavcodec is handed the picture's own blocks and nothing else of the file; whatever it does not like, and every kind
not named here, is left to Pillow and its verdict.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.video.plane import VideoPlane
from PIL import Image

from thumbnails.containers import bare_png, key_frame
from thumbnails.resizing import resized

Size = tuple[int, int]
_STRICT = "crccheck+bitstream+buffer+explode"
_PADDING = 128
"""libavcodec counts the pixels of whole blocks and aligned rows."""


def decoded_at(image: Image.Image, size: Size) -> Image.Image | None:
    """The opened picture, smaller, in its own mode (RGB or RGBA). None where Pillow should decode it."""
    way, source = _WAYS.get(image.format or ""), getattr(image, "filename", "")
    if way is None or not source or image.mode not in way.modes:
        return None
    frame = _decoded(way, Path(source), image.size)
    return way.shrink[frame.format.name](frame.planes, image.size, size) if frame else None


def _decoded(way: "_Way", source: Path, size: Size) -> av.VideoFrame | None:
    packet = _packet(way, source)
    if packet is None:
        return None
    decoder = av.CodecContext.create(way.codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    decoder.options = {"err_detect": _STRICT, "max_pixels": str((size[0] + _PADDING) * (size[1] + _PADDING))}
    try:
        frames = [*decoder.decode(packet), *decoder.decode(None)]
    except av.FFmpegError:
        return None
    whole = [one for one in frames if (one.width, one.height) == size and one.format.name in way.shrink]
    return whole[0] if len(frames) == len(whole) == 1 else None


def _packet(way: "_Way", source: Path) -> "av.Packet[Any] | None":
    """A copy of its bytes; the first ones are let go before there are pixels."""
    data = way.extract(source)
    return av.Packet(data) if data else None


def _viewed(plane: VideoPlane, mode: str, size: Size) -> Image.Image:
    """The plane as a picture, without a copy."""
    buffer: Any = plane  # Pillow's types do not name what Python calls a buffer
    return Image.frombuffer(mode, size, buffer, "raw", mode, plane.line_size, 1)


def _from_rgba(planes: "_Planes", full: Size, size: Size) -> Image.Image:
    return resized(_viewed(planes[0], "RGBA", full), size)


def _from_rgb(planes: "_Planes", full: Size, size: Size) -> Image.Image:
    """Pillow has no view of three bytes a pixel; to make rows fewer, a row may as well be three times as long."""
    width, height = 3 * full[0], size[1]
    flat = resized(_viewed(planes[0], "L", (width, full[1])), (width, height))
    return resized(Image.frombytes("RGB", (full[0], height), flat.tobytes()), size)


def _from_yuv(planes: "_Planes", full: Size, size: Size) -> Image.Image:  # noqa: ARG001 - like the others
    """Each plane has a size of its own: color has half as many pixels a side."""
    small = [resized(_viewed(plane, "L", (plane.width, plane.height)), size) for plane in planes]
    wide = [plane.point(levels) for plane, levels in zip(small, (_LIGHT, _COLOR, _COLOR), strict=True)]
    return Image.merge("YCbCr", wide).convert("RGB")


def _widened(zero: int, span: int, becomes: int) -> list[int]:
    return [min(255, max(0, round((level - zero) * 255 / span + becomes))) for level in range(256)]


_LIGHT, _COLOR = _widened(16, 219, 0), _widened(128, 224, 128)
"""VP8 keeps light between 16 and 235 and color between 16 and 240, as television did; Pillow's YCbCr all levels."""

_Planes = tuple[VideoPlane, ...]


@dataclass(frozen=True)
class _Way:
    """`extract` finds what `codec` decodes; `shrink` are the pixel formats that may come of it."""

    modes: tuple[str, ...]
    extract: Callable[[Path], bytes | None]
    codec: str
    shrink: dict[str, Callable[[_Planes, Size, Size], Image.Image]]


_WAYS = {
    "PNG": _Way(("RGB", "RGBA"), bare_png, "png", {"rgb24": _from_rgb, "rgba": _from_rgba}),
    "WEBP": _Way(("RGB",), key_frame, "vp8", {"yuv420p": _from_yuv}),
}
"""By Pillow's name of the format."""
