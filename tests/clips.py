"""Makers of the video and audio files that tests use, through the same libav that reads them."""

import math
import struct
from array import array
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path

import av
from av.container import OutputContainer
from PIL import Image, ImageChops

from tests.images import corners

UNTURNED = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
QUARTER_TURN = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)

KINDS = {
    "video/mp4": ("mp4", "libx264", "aac"),
    "video/quicktime": ("mov", "libx264", "aac"),
    "video/3gpp": ("3gp", "libx264", "libopencore_amrnb"),
    "video/webm": ("webm", "libvpx-vp9", "libopus"),
    "video/x-matroska": ("matroska", "libx264", "aac"),
    "video/x-msvideo": ("avi", "mpeg4", "libmp3lame"),
    "audio/webm": ("webm", None, "libopus"),
    "audio/ogg": ("ogg", None, "libopus"),
    "audio/mp4": ("ipod", None, "aac"),
    "audio/mpeg": ("mp3", None, "libmp3lame"),
    "audio/amr": ("amr", None, "libopencore_amrnb"),
    "audio/wav": ("wav", None, "pcm_s16le"),
    "audio/aac": ("adts", None, "aac"),
    "audio/flac": ("flac", None, "flac"),
}
"""Container, video codec and audio codec of each type."""


@cache
def clip(media_type: str, seconds: float = 0.5, size: tuple[int, int] = (320, 240), rate: int = 10) -> bytes:
    """Colored corners that stand still, and a tone that swells and fades."""
    container, video, audio = KINDS[media_type]
    out = BytesIO()
    with av.open(out, "w", format=container) as target:
        target.metadata.update({"title": "SecretCamera", "location": "+48.8583+002.2944/"})
        picture = _video(target, video, size, rate) if video else None
        sound = target.add_stream(audio, rate=8000 if "amr" in audio else 48_000, layout="mono")
        if picture:
            for number in range(round(seconds * rate)):
                frame = av.VideoFrame.from_image(corners(size))
                frame.pts, frame.time_base = number, Fraction(1, rate)
                target.mux(picture.encode(frame))
            target.mux(picture.encode())
        resampler = av.AudioResampler(format=sound.format, layout="mono", rate=sound.rate)
        for frame in [*_tone(seconds, sound.rate), None]:
            for ready in resampler.resample(frame):
                target.mux(sound.encode(ready))
        target.mux(sound.encode())
    return out.getvalue()


def turned(mp4: bytes) -> bytes:
    """The same, as a phone that was held upright writes it: the track header says a quarter turn clockwise."""
    return mp4.replace(UNTURNED, QUARTER_TURN).replace(QUARTER_TURN, UNTURNED, 1)


def _video(target: OutputContainer, codec: str, size: tuple[int, int], rate: int) -> av.VideoStream:
    stream = target.add_stream(codec, rate=rate)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1
    return stream


def _tone(seconds: float, rate: int, step: int = 1024) -> Iterator[av.AudioFrame]:
    for start in range(0, round(seconds * rate), step):
        swell = abs(math.sin(start / rate * math.pi))
        wave = array(
            "h", (int(20_000 * swell * math.sin(at * 440 * math.tau / rate)) for at in range(start, start + step))
        )
        frame = av.AudioFrame(format="s16", layout="mono", samples=step)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        frame.planes[0].update(wave.tobytes())
        yield frame


@cache
def noise(seconds: float, size: tuple[int, int] = (320, 240), rate: int = 20) -> bytes:
    """An MP4 whose every frame is new: it needs all the bits that it can get."""
    out = BytesIO()
    with av.open(out, "w", format="mp4") as target:
        picture = _video(target, "libx264", size, rate)
        picture.bit_rate = 4_000_000
        picture.options = {"preset": "ultrafast"}
        for number in range(round(seconds * rate)):
            still = Image.effect_noise(size, 60) if number % 2 else Image.linear_gradient("L").resize(size)
            frame = av.VideoFrame.from_image(ImageChops.offset(still, number * 7, number * 3).convert("RGB"))
            frame.pts, frame.time_base = number, Fraction(1, rate)
            target.mux(picture.encode(frame))
        target.mux(picture.encode())
    return out.getvalue()


@cache
def hevc(seconds: float, size: tuple[int, int] = (320, 240), rate: int = 10) -> bytes:
    """A film without sound as an iPhone records it since 2017, when nobody tells it otherwise."""
    out = BytesIO()
    with av.open(out, "w", format="mov") as target:
        stream = target.add_stream("libx265", rate=rate, options={"preset": "ultrafast", "x265-params": "log-level=0"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_tag = "hvc1"
        for number in range(round(seconds * rate)):
            frame = av.VideoFrame.from_image(corners(size))
            frame.pts, frame.time_base = number, Fraction(1, rate)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return out.getvalue()


def noise_film(path: Path, size_bytes: int, size: tuple[int, int] = (1280, 720)) -> None:
    """An MP4 of at least so many bytes that browsers play, straight into a file: few frames, each very large."""
    stills = [ImageChops.offset(Image.effect_noise(size, 90), number * 37).convert("RGB") for number in range(4)]
    with av.open(str(path), "w", format="mp4") as target:
        stream = _video(target, "libx264", size, 10)
        stream.options = {"preset": "ultrafast", "crf": "2"}
        number, written = 0, 0
        while written < size_bytes:
            frame = av.VideoFrame.from_image(stills[number % len(stills)])
            frame.pts, frame.time_base = number, Fraction(1, 10)
            for packet in stream.encode(frame):
                written += packet.size
                target.mux(packet)
            number += 1
        target.mux(stream.encode(None))
