"""A frame that stands for a video: the first near one second that shows something."""

from collections.abc import Iterator
from pathlib import Path

from av import FFmpegError, VideoFrame, VideoStream
from av.container import InputContainer
from PIL import Image, ImageStat

from thumbnails import probe
from thumbnails.probe import Clip

_NEAR_SECONDS = 1.0
_LATER = (0.25, 0.5, 0.0)
"""Where else to look, as shares of the whole, when a frame is nearly black or blank; the very first one at last."""
_MOST_FRAMES = 90
"""Decoded on the way from a key frame to the wanted one."""
_FLAT = 6.0
"""Standard deviation of the brightness, in levels of 255: below it there is nothing to see."""
_TURNS = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}


def poster(source: Path, clip: Clip, max_side: int) -> Image.Image:
    """RGB, upright, within `max_side`. Raises Refused when no frame can be decoded."""
    best: Image.Image | None = None
    with probe.opened(source, clip.media_type) as container, probe.readable():
        stream = probe.video_stream(container)
        for at in _moments(clip.duration_seconds or 0.0):
            frame = _frame_at(container, stream, at) if stream else None
            if frame is None:
                continue
            picture = _picture(frame, max_side)
            best = best or picture
            if _shows_something(picture):
                return picture
        if best is None:
            raise ValueError("no frame")
    return best


def _moments(seconds: float) -> Iterator[float]:
    yield min(_NEAR_SECONDS, seconds / 2)
    yield from (seconds * share for share in _LATER)


def _frame_at(container: InputContainer, stream: VideoStream, seconds: float) -> VideoFrame | None:
    """The frame shown at that moment, or the nearest one before it that can be decoded."""
    if seconds and stream.time_base:
        container.seek(round(seconds / stream.time_base) + (stream.start_time or 0), stream=stream)
    else:
        container.seek(0)
    found: VideoFrame | None = None
    begin = float((stream.start_time or 0) * (stream.time_base or 0))
    try:
        for number, frame in enumerate(container.decode(stream)):
            found = frame
            if number >= _MOST_FRAMES or (frame.time is not None and frame.time - begin >= seconds):
                break
    except FFmpegError:
        return found
    return found


def _picture(frame: VideoFrame, max_side: int) -> Image.Image:
    scale = min(1.0, max_side / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    small = frame.reformat(width, height, "rgb24", interpolation="AREA", threads=1)
    picture: Image.Image = small.to_image()  # type: ignore[no-untyped-call]
    turn = _TURNS.get(probe.turn_of(frame))
    return picture if turn is None else picture.transpose(turn)


def _shows_something(picture: Image.Image) -> bool:
    return ImageStat.Stat(picture.convert("L")).stddev[0] >= _FLAT
