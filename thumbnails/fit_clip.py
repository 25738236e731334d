"""Video or audio: the tracks say which, whatever the container is called."""

from dataclasses import replace
from pathlib import Path

from schemas.reason import Reason, Refused
from thumbnails.fit_audio import fit_audio
from thumbnails.fit_made import Made, Task
from thumbnails.fit_video import fit_video
from thumbnails.orders import FitParams
from thumbnails.probe import ClipLimits, probe
from thumbnails.transcode_clip import Source


def fit_clip(source: Path, params: FitParams, target: Path) -> Made:
    """Into `target` plus the type's suffix. Raises Refused."""
    clip = probe(source, params.media_type, ClipLimits(params.max_pixels, params.max_seconds))
    unfinished = target.with_name(f"unfinished-{target.name}")
    made = _made(Task(Source(source, clip), params, unfinished))
    path = made.path.rename(target.with_suffix(made.path.suffix))
    for attempt in target.parent.glob(f"{unfinished.name}*"):
        attempt.unlink()
    return replace(made, path=path)


def _made(task: Task) -> Made:
    clip = task.source.clip
    if clip.video:
        return fit_video(task, clip.video)
    if clip.audio:
        return fit_audio(task, clip.audio)
    raise Refused(
        Reason(
            code="clip_unreadable",
            sentence="Nothing in this recording can be seen or heard. Ask for it to be sent again, as MP4 or MP3.",
        )
    )
