"""
The version of a clip that every browser plays, where making it is cheap.

An H.264 film in another container is put into MP4 as it is; a short recording becomes AAC. A film that would have to be
encoded anew is not for this place: it stays a poster and a download.
"""

from pathlib import Path

import av
from av.audio.resampler import AudioResampler

from thumbnails import files, probe
from thumbnails.clips import PLAYED_PIXELS
from thumbnails.files import Written
from thumbnails.probe import Clip

_COPIED_SOUND = {None, "aac", "mp3"}
_BITRATE = 96_000
_RATE = 44_100
_EXACT = {"movflags": "+faststart", "fflags": "+bitexact"}
"""Playable before it has arrived, and the same bytes every time."""


def playable(source: Path, workdir: Path, clip: Clip, max_audio_seconds: float) -> tuple[Written, str] | None:
    """The file and its type; None where the original plays, or only encoding a film would help. Raises Refused."""
    if clip.plays_in_browsers:
        return None
    if clip.video is not None:
        sound = clip.audio.codec if clip.audio else None
        if clip.video.codec == "h264" and clip.video.pixel_format in PLAYED_PIXELS and sound in _COPIED_SOUND:
            return _copied(source, workdir / "full.mp4", clip), "video/mp4"
        return None
    if clip.audio is not None and (clip.duration_seconds or 0.0) <= max_audio_seconds:
        return _encoded(source, workdir / "full.m4a", clip), "audio/mp4"
    return None


def _copied(source: Path, path: Path, clip: Clip) -> Written:
    """The packets as they are, with the turn that a phone noted; places, dates and names stay behind."""
    with probe.opened(source, clip.media_type) as container, probe.readable():
        tracks = [one for one in (probe.video_stream(container), probe.audio_stream(container)) if one]
        with av.open(str(path), "w", format="mp4", container_options=_EXACT) as target:
            copies = {one.index: target.add_stream_from_template(one) for one in tracks}
            for packet in container.demux(tracks):
                if packet.dts is not None:
                    packet.stream = copies[packet.stream.index]
                    target.mux(packet)
        if not path.exists():
            raise ValueError("no packets")
    return files.written(path, "video/mp4")


def _encoded(source: Path, path: Path, clip: Clip) -> Written:
    with probe.opened(source, clip.media_type) as container, probe.readable():
        track = probe.audio_stream(container)
        if track is None:
            raise ValueError("no sound")
        with av.open(str(path), "w", format="ipod", container_options=_EXACT) as target:
            layout = "mono" if track.codec_context.channels == 1 else "stereo"
            sound = target.add_stream("aac", rate=_RATE, layout=layout)
            sound.bit_rate = _BITRATE
            resampler = AudioResampler(sound.format, layout, _RATE, frame_size=sound.frame_size or 1024)
            for frame in container.decode(track):
                for ready in resampler.resample(frame):
                    target.mux(sound.encode(ready))
            for ready in resampler.resample(None):
                target.mux(sound.encode(ready))
            target.mux(sound.encode(None))
        if not path.exists():
            raise ValueError("no sound")
    return files.written(path, "audio/mp4")
