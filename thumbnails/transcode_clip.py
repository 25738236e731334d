"""
A clip made anew, or put into a clean container as it is.

Neither copies anything but the picture and one sound track: no location, device, date, title, cover or chapter.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from PIL import Image

from schemas.reason import Reason, Refused
from thumbnails.probe import Clip, audio_stream, opened, readable, video_stream
from thumbnails.transcode_recipes import CONTAINERS, SoundRecipe, VideoRecipe
from thumbnails.transcode_tracks import PictureTrack, Rehearsal, SoundTrack, Track

_WITHOUT_REMARKS = "filter_units=remove_types=6"
"""H.264's supplemental information, where cameras leave what they like; no decoder needs it."""


@dataclass(frozen=True)
class Source:
    path: Path
    clip: Clip


def transcode(
    source: Source, target: Path, target_type: str, *, video: VideoRecipe | None, sound: SoundRecipe | None
) -> None:
    """Raises Refused when the source is broken from its first frame on; what is broken later is left out."""
    passes = target.with_suffix(".passes") if video and video.constant_quality is None else None
    if video and passes:
        _rehearse(source, video, passes)
    with opened(source.path, source.clip.media_type) as container, _writing(target, target_type) as out:
        tracks: dict[int, Track] = {}
        if video and (stream := video_stream(container)):
            tracks[stream.index] = PictureTrack(out, video, passes)
        if sound and (heard := audio_stream(container)):
            tracks[heard.index] = SoundTrack(out, sound)
        _play(container, tracks)
    if not target.exists():
        raise _damaged()
    if passes:
        for notes in (passes, passes.with_suffix(".passes.mbtree")):
            notes.unlink(missing_ok=True)


def _rehearse(source: Source, video: VideoRecipe, passes: Path) -> None:
    with opened(source.path, source.clip.media_type) as container:
        stream = video_stream(container)
        if stream:
            _play(container, {stream.index: Rehearsal(video, passes)})


def film_of(pictures: Iterable[tuple[Image.Image, float]], target: Path, recipe: VideoRecipe) -> None:
    """An MP4 without sound of opaque pictures, each with the milliseconds that it stays."""
    with _writing(target, "video/mp4") as out:
        track, at = PictureTrack(out, recipe, None), 0.0
        for picture, duration in pictures:
            track.add(_frame(picture, at))
            at += duration
        track.add(_frame(picture, at - 1))  # else the last picture would be gone as soon as it is seen
        track.add(None)


def _frame(picture: Image.Image, milliseconds: float) -> av.VideoFrame:
    frame: av.VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
    frame.pts, frame.time_base = round(milliseconds), Fraction(1, 1000)
    return frame


def _play(container: InputContainer, tracks: Mapping[int, Track]) -> None:
    played = set()
    for index, frame in _decoded(container, [container.streams[index] for index in tracks]):
        tracks[index].add(frame)
        played.add(index)
    if played != set(tracks):
        raise _damaged()
    for track in tracks.values():
        track.add(None)


def _damaged() -> Refused:
    return Refused(
        Reason(
            code="clip_unreadable",
            sentence="The recording is damaged and cannot be played. Ask for it to be sent again.",
        )
    )


def _decoded(container: InputContainer, streams: Sequence[Stream]) -> Iterator[tuple[int, Any]]:
    with readable():
        for packet in container.demux(list(streams)):
            for frame in _frames(packet):
                if frame.pts is not None:
                    yield packet.stream.index, frame


def _frames(packet: Any) -> Sequence[Any]:
    """A packet that a bad connection or card has spoiled is skipped, as players do."""
    try:
        frames: Sequence[Any] = packet.decode()
    except av.InvalidDataError:
        return ()
    return frames


def remux(source: Source, target: Path, target_type: str) -> None:
    """The same packets. A player still has to turn a video that was recorded sideways, and is told so."""
    with opened(source.path, source.clip.media_type) as container, readable(), _writing(target, target_type) as out:
        copies: dict[int, _Copy] = {}
        picture, sound = video_stream(container), audio_stream(container)
        if picture is not None:
            copies[picture.index] = _Copy(picture, out)
            copies[picture.index].turn(source.clip.video.turn if source.clip.video else 0)
        if sound is not None:
            copies[sound.index] = _Copy(sound, out)
        for packet in container.demux([container.streams[index] for index in copies]):
            copies[packet.stream.index].add(packet)
        if not all(copy.is_begun for copy in copies.values()):
            raise _damaged()


class _Copy:
    def __init__(self, stream: Stream, target: OutputContainer) -> None:
        self._target = target
        self._stream: Any = target.add_stream_from_template(stream)
        plain = stream.codec_context.codec.canonical_name == "h264"
        self.is_begun = False
        self._filter = av.BitStreamFilterContext(_WITHOUT_REMARKS, stream, self._stream) if plain else None

    def turn(self, degrees: int) -> None:
        if degrees:
            self._stream.set_display_rotation(-degrees)

    def add(self, packet: Any) -> None:
        if packet.dts is None:
            return  # libav's mark of the end
        self.is_begun = True
        for clean in self._filter.filter(packet) if self._filter else [packet]:
            clean.stream = self._stream
            self._target.mux(clean)


def _writing(target: Path, media_type: str) -> OutputContainer:
    """`bitexact` leaves libav's own name and the date out: the same source makes the same bytes."""
    container = CONTAINERS[media_type]
    return av.open(str(target), "w", format=container.muxer, options=dict(container.options) | {"fflags": "+bitexact"})
