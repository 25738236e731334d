"""
Large lossy WebPs, decoded by libavcodec and made smaller as what they are: a plane of light and two of color.

Pillow's way, through an animation's canvas, takes a third more CPU and three times the memory for 12 MP. What is
anything else than one VP8 key frame, or broken, is left to Pillow and its verdict.
"""

from pathlib import Path

import av
from PIL import Image

from thumbnails.containers import key_frame
from thumbnails.resizing import resized

_STRICT = "crccheck+bitstream+buffer+explode"


def _widened(zero: int, span: int, becomes: int) -> list[int]:
    return [min(255, max(0, round((level - zero) * 255 / span + becomes))) for level in range(256)]


_LIGHT, _COLOR = _widened(16, 219, 0), _widened(128, 224, 128)
"""VP8 keeps light between 16 and 235 and color between 16 and 240, as television did; Pillow's YCbCr uses all levels."""


def decoded_at(source: Path, full_size: tuple[int, int], size: tuple[int, int]) -> Image.Image | None:
    """RGB of that size. None where Pillow should try."""
    frame = _decoded(key_frame(source), full_size)
    if frame is None:
        return None
    planes = [
        resized(Image.frombuffer("L", (plane.width, plane.height), plane, "raw", "L", plane.line_size, 1), size)
        for plane in frame.planes
    ]
    wide = [plane.point(levels) for plane, levels in zip(planes, (_LIGHT, _COLOR, _COLOR), strict=True)]
    return Image.merge("YCbCr", wide).convert("RGB")


def _decoded(data: bytes | None, size: tuple[int, int]) -> av.VideoFrame | None:
    if data is None:
        return None
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    decoder.options = {"err_detect": _STRICT, "max_pixels": str(size[0] * size[1])}
    try:
        frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    except av.FFmpegError:
        return None
    whole = [one for one in frames if (one.width, one.height) == size and one.format.name == "yuv420p"]
    return whole[0] if len(frames) == len(whole) == 1 else None
