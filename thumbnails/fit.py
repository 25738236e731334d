"""
The best-looking version of a file that a channel takes. What comes out is never over the limit.

Pictures, video and audio leave without a word about who made them, where and with what; documents leave as they are.
"""

from pathlib import Path

from thumbnails import files, fit_refusals
from thumbnails.candidates import Channel
from thumbnails.clips import is_clip
from thumbnails.fit_clip import fit_clip
from thumbnails.fit_made import Made
from thumbnails.fit_picture import fit_picture
from thumbnails.orders import FitParams, Fitted
from thumbnails.pictures import is_picture


def fit(source: Path, workdir: Path, params: FitParams) -> Fitted:
    """Raises Refused when the channel cannot take the file in any form that we can make."""
    target = workdir / "fitted"
    if is_picture(params.media_type):
        return _answer(source, fit_picture(source, params, target))
    if is_clip(params.media_type):
        return _answer(source, fit_clip(source, params, target))
    _check_file(source.stat().st_size, params)
    return _answer(source, Made(source, params.media_type, None, ()))


def _answer(source: Path, made: Made) -> Fitted:
    width, height = made.size or (None, None)
    return Fitted(
        file_name=None if made.path == source else made.path.name,
        media_type=made.media_type,
        size_bytes=made.path.stat().st_size,
        sha256=files.sha256(made.path),
        width=width,
        height=height,
        steps=list(made.steps),
        score=made.score,
    )


def _check_file(size_bytes: int, params: FitParams) -> None:
    if not Channel(params.max_bytes, frozenset(params.media_types)).takes(params.media_type):
        raise fit_refusals.type_not_taken(params.media_type, params.media_types)
    if size_bytes > params.max_bytes:
        raise fit_refusals.file_too_large(size_bytes, params.max_bytes)
