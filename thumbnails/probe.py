"""
What a video or audio file holds, read from its headers through libav: no frame is decoded but the first of a video.

`opened` is the one way in for all who read clips: the demuxer is named, only known decoders run, one thread each.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av import AudioStream, VideoFrame, VideoStream
from av.container import InputContainer
from av.stream import Disposition

from schemas.reason import Reason, Refused
from thumbnails.clips import AUDIO_CODECS, DEMUXERS, VIDEO_CODECS, browser_plays

_OPTIONS = {"protocol_whitelist": "file", "codec_whitelist": ",".join(sorted(VIDEO_CODECS | AUDIO_CODECS))}
_MICROSECONDS = 1_000_000
# What libav and PyAV were seen to raise over broken files. MemoryError is not among them: that is the child's own end.
_BROKEN = (av.FFmpegError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError, RuntimeError, OSError)

av.logging.set_level(av.logging.PANIC)


@dataclass(frozen=True)
class VideoTrack:
    """`width` and `height` are as stored; `turn` is how many degrees clockwise a player turns them: 0, 90, 180, 270."""

    codec: str
    width: int
    height: int
    turn: int
    frames_per_second: float | None
    pixel_format: str | None

    @property
    def upright_size(self) -> tuple[int, int]:
        return (self.height, self.width) if self.turn in (90, 270) else (self.width, self.height)


@dataclass(frozen=True)
class AudioTrack:
    codec: str
    channels: int
    sample_rate: int


@dataclass(frozen=True)
class Clip:
    """The tracks that a player would choose. `duration_seconds` is None where not even the packets tell it."""

    media_type: str
    size_bytes: int
    duration_seconds: float | None
    video: VideoTrack | None
    audio: AudioTrack | None

    @property
    def plays_in_browsers(self) -> bool:
        codecs = [track.codec for track in (self.video, self.audio) if track]
        return bool(codecs) and browser_plays(self.media_type, codecs, self.video.pixel_format if self.video else None)


@dataclass(frozen=True)
class ClipLimits:
    max_pixels: int
    """Width x height of one frame."""
    max_seconds: float


def probe(source: Path, media_type: str, limits: ClipLimits) -> Clip:
    """Raises Refused: `clip_unreadable`, `too_many_pixels`, `too_long`."""
    with opened(source, media_type) as container, readable():
        video, audio = video_stream(container), audio_stream(container)
        if video is not None:
            _check_pixels(video.codec_context.width, video.codec_context.height, limits)
        duration = _duration(container)
        if duration is not None and duration > limits.max_seconds:
            raise _too_long(duration, limits)
        return Clip(
            media_type=_media_type(media_type, video=video is not None, audio=audio is not None),
            size_bytes=source.stat().st_size,
            duration_seconds=duration,
            video=None if video is None else _video_track(container, video),
            audio=None if audio is None else _audio_track(audio),
        )


@contextmanager
def opened(source: Path, media_type: str) -> Iterator[InputContainer]:
    """A clip with its headers read. Raises Refused."""
    with readable():
        container = av.open(
            str(source), format=DEMUXERS[media_type], container_options=_OPTIONS, metadata_errors="replace"
        )
    with container:
        for stream in (*container.streams.video, *container.streams.audio):
            if stream.codec_context:
                stream.codec_context.thread_count = 1
        yield container


@contextmanager
def readable() -> Iterator[None]:
    """Wrap what libav demuxes and decodes: whatever it raises is the file's fault."""
    try:
        yield
    except Refused:
        raise
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise MemoryError from error
        raise Refused(
            Reason(
                code="clip_unreadable",
                sentence="The recording is damaged or of an unusual kind and cannot be played. Ask for it to be sent"
                " again, as MP4 or MP3.",
            )
        ) from error


def video_stream(container: InputContainer) -> VideoStream | None:
    """The moving picture; the cover of a song is none. A codec that nobody knows has no context."""
    films = (one for one in container.streams.video if not one.disposition & Disposition.attached_pic)
    return next((one for one in films if one.codec_context and one.codec_context.name in VIDEO_CODECS), None)


def audio_stream(container: InputContainer) -> AudioStream | None:
    sounds = container.streams.audio
    return next((one for one in sounds if one.codec_context and one.codec_context.name in AUDIO_CODECS), None)


def _duration(container: InputContainer) -> float | None:
    """From the header; what was recorded live has none there, then from the packets."""
    if container.duration:
        return max(0.0, round(container.duration / _MICROSECONDS, 3))
    end = 0.0
    for packet in container.demux():
        if packet.pts is not None and packet.time_base:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    container.seek(0)
    return round(end, 3) or None


def _video_track(container: InputContainer, stream: VideoStream) -> VideoTrack:
    context = stream.codec_context
    rate = stream.average_rate
    return VideoTrack(
        codec=context.codec.canonical_name,
        width=context.width,
        height=context.height,
        turn=_turn(container, stream),
        frames_per_second=round(float(rate), 3) if rate else None,
        pixel_format=context.pix_fmt,
    )


def _turn(container: InputContainer, stream: VideoStream) -> int:
    """The display matrix is told only beside a decoded frame; a track whose first frame is broken lies as it is."""
    try:
        return turn_of(next(container.decode(stream)))
    except (av.FFmpegError, StopIteration):
        return 0


def turn_of(frame: VideoFrame) -> int:
    """Degrees clockwise; libav counts the other way round. Odd angles are nobody's phone."""
    turn = -frame.rotation % 360
    return turn if turn in (90, 180, 270) else 0


def _audio_track(stream: AudioStream) -> AudioTrack:
    context = stream.codec_context
    return AudioTrack(codec=context.codec.canonical_name, channels=context.channels, sample_rate=context.sample_rate)


def _media_type(media_type: str, *, video: bool, audio: bool) -> str:
    """A container says what may be in it: a voice note in WebM or 3GP is audio, Theora in Ogg is video."""
    family, _, rest = media_type.partition("/")
    if family == "video" and audio and not video and f"audio/{rest}" in DEMUXERS:
        return f"audio/{rest}"
    if family == "audio" and video and f"video/{rest}" in DEMUXERS:
        return f"video/{rest}"
    return media_type


def _check_pixels(width: int, height: int, limits: ClipLimits) -> None:
    if width * height > limits.max_pixels:
        raise Refused(
            Reason(
                code="too_many_pixels",
                sentence=f"The video has {width} x {height} pixels; at most {limits.max_pixels / 1e6:.0f} million are"
                " allowed. Send a smaller version.",
                actual=width * height,
                limit=limits.max_pixels,
            )
        )


def _too_long(seconds: float, limits: ClipLimits) -> Refused:
    return Refused(
        Reason(
            code="too_long",
            sentence=f"The recording lasts {seconds / 60:.0f} minutes; at most {limits.max_seconds / 60:.0f} are"
            " allowed. Send a part of it.",
            actual=round(seconds),
            limit=round(limits.max_seconds),
        )
    )
