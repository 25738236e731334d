"""What is to be made of a clip, and what was made of any file."""

from dataclasses import dataclass
from pathlib import Path

from thumbnails.candidates import Channel
from thumbnails.orders import FitParams
from thumbnails.transcode_clip import Source


@dataclass(frozen=True)
class Task:
    """The version goes into `target` plus its type's suffix."""

    source: Source
    params: FitParams
    target: Path

    @property
    def channel(self) -> Channel:
        return Channel(self.params.max_bytes, frozenset(self.params.media_types))

    @property
    def seconds(self) -> float:
        return max(self.source.clip.duration_seconds or 0.0, 0.1)


@dataclass(frozen=True)
class Made:
    """`score` is how much it looks like the original (`thumbnails.fit_score`); None where nobody measured."""

    path: Path
    media_type: str
    size: tuple[int, int] | None
    steps: tuple[str, ...]
    score: float | None = None
