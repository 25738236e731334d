"""
What browsers play of any clip: MP4 with H.264 and AAC up to 720p, or the recording as M4A.

It may take minutes: for jobs that run under the limits of `transcode` in `config/renditions.yaml`.
"""

from pathlib import Path

from thumbnails.fit_clip import fit_clip
from thumbnails.fit_made import Made
from thumbnails.orders import FitParams

_MORE_THAN_ANY = 2**40


def browser_version(source: Path, target: Path, media_type: str, *, max_pixels: int, max_seconds: float) -> Made:
    """Into `target` plus the type's suffix; a copy without metadata where the clip plays already. Raises Refused."""
    params = FitParams(
        media_type=media_type,
        max_bytes=_MORE_THAN_ANY,
        media_types=[],
        max_pixels=max_pixels,
        max_frames=1,
        max_seconds=max_seconds,
    )
    return fit_clip(source, params, target)
