"""The loudness of a recording over its time, drawn as bars."""

from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from av import AudioResampler
from av.container import InputContainer
from PIL import Image, ImageDraw

from thumbnails import probe
from thumbnails.probe import Clip

_BARS = 96
_RATE = 8000
"""Enough for loudness, and a sixth of the work."""
_LONG_SECONDS = 300
"""Of anything longer only samples are heard: the bars look the same, and an hour costs no more than five minutes."""
_SAMPLE_SECONDS = 0.4
_COLOR = (74, 92, 122, 255)
_LOUDEST = 32_768


def waveform(source: Path, clip: Clip, width: int) -> Image.Image:
    """Transparent but for its bars, four times as wide as high. Raises Refused when nothing can be decoded."""
    with probe.opened(source, clip.media_type) as container, probe.readable():
        seconds = clip.duration_seconds or 0.0
        if seconds > _LONG_SECONDS:
            levels = [_level(_heard(container, at / _BARS * seconds)) for at in range(_BARS)]
        else:
            levels = _levels(array("h", b"".join(_sound(container))))
    return _drawn(levels, width)


def _sound(container: InputContainer) -> Iterator[bytes]:
    """Mono, 16 bit, 8 kHz."""
    stream = probe.audio_stream(container)
    if stream is None:
        raise ValueError("no sound")
    resampler = AudioResampler(format="s16", layout="mono", rate=_RATE)
    for frame in container.decode(stream):
        yield from (bytes(one.planes[0])[: one.samples * 2] for one in resampler.resample(frame))
    yield from (bytes(one.planes[0])[: one.samples * 2] for one in resampler.resample(None))


def _heard(container: InputContainer, seconds: float) -> "array[int]":
    """A moment of the recording."""
    container.seek(round(seconds * 1_000_000))
    found = array("h")
    for piece in _sound(container):
        found.frombytes(piece)
        if len(found) >= _RATE * _SAMPLE_SECONDS:
            break
    return found


def _levels(samples: "array[int]") -> list[int]:
    bounds = [len(samples) * number // _BARS for number in range(_BARS + 1)]
    return [_level(samples[start:end]) for start, end in pairwise(bounds)]


def _level(samples: "array[int]") -> int:
    return max(abs(max(samples)), abs(min(samples))) if samples else 0


def _drawn(levels: list[int], width: int) -> Image.Image:
    """Quiet recordings are drawn as high as loud ones: what matters is where somebody speaks."""
    height = max(4, width // 4)
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    loudest = max(max(levels, default=0), _LOUDEST // 32)
    step = width / _BARS
    for number, level in enumerate(levels):
        half = max(1, round(level / loudest * (height / 2 - 1)))
        left = round(number * step)
        right = max(left, round((number + 0.7) * step) - 1)
        draw.rectangle((left, height // 2 - half, right, height // 2 + half - 1), _COLOR)
    return picture
