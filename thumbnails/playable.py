"""
The version of a clip that every browser plays, where making it is cheap.

An H.264 film in another container is put into MP4 as it is; a short recording becomes AAC. A film that would have to be
encoded anew takes longer than a preview may: that is a job of its own (`thumbnails.jobs.transcode`).
"""

from pathlib import Path

from thumbnails import files
from thumbnails.clips import PLAYED_PIXELS
from thumbnails.files import Written
from thumbnails.probe import Clip
from thumbnails.transcode_clip import Source, remux, transcode
from thumbnails.transcode_recipes import SoundRecipe

_COPIED_SOUND = {None, "aac", "mp3"}


def playable(source: Path, workdir: Path, clip: Clip, max_audio_seconds: float) -> tuple[Written, str] | None:
    """The file and its type; None where the original plays, or only encoding a film would help. Raises Refused."""
    if clip.plays_in_browsers:
        return None
    if clip.video is not None:
        sound = clip.audio.codec if clip.audio else None
        if clip.video.codec == "h264" and clip.video.pixel_format in PLAYED_PIXELS and sound in _COPIED_SOUND:
            return _copied(Source(source, clip), workdir / "full.mp4"), "video/mp4"
        return None
    if clip.audio is not None and (clip.duration_seconds or 0.0) <= max_audio_seconds:
        channels = min(2, clip.audio.channels)
        return _encoded(Source(source, clip), workdir / "full.m4a", channels), "audio/mp4"
    return None


def _copied(source: Source, path: Path) -> Written:
    remux(source, path, "video/mp4")
    return files.written(path, "video/mp4")


def _encoded(source: Source, path: Path, channels: int) -> Written:
    transcode(source, path, "audio/mp4", video=None, sound=SoundRecipe("aac", 44_100, channels, 96_000))
    return files.written(path, "audio/mp4")
