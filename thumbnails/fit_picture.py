"""
The best-looking version of a picture.

In this order: the file itself, if it may leave untouched; its own bytes without the metadata; a crisp PNG of what is
drawn; the best JPEG at the largest size that looks good in so many bytes, a phone's screen in all its pixels if it can.
What moves goes on moving where it can.
"""

from dataclasses import replace
from pathlib import Path

from thumbnails import containers, files, fit_animation, fit_refusals, fit_score, limits
from thumbnails.candidates import Candidate, Channel, Original, in_order_of_beauty
from thumbnails.fit_made import Made
from thumbnails.limits import Limits
from thumbnails.orders import FitParams


def fit_picture(source: Path, params: FitParams, target: Path) -> Made:
    """Into `target` plus the type's suffix; the source itself where that may leave. Raises Refused."""
    channel = Channel(params.max_bytes, frozenset(params.media_types))
    size_bytes = source.stat().st_size
    bounds = Limits(params.max_pixels, params.max_frames)
    with limits.opened(source, params.media_type, bounds) as (_, header):
        original = Original(source, header, size_bytes, bounds)
    bare = containers.is_bare(source, params.media_type)
    fits = size_bytes <= channel.max_bytes and channel.takes(params.media_type)
    if fits and bare and header.orientation == 1:
        return Made(source, params.media_type, header.upright_size, ())
    if fits and header.orientation == 1 and (copy := _copied(source, params.media_type, target)):
        return Made(copy, params.media_type, header.upright_size, ("metadata removed",), score=1.0)
    cleaned = () if bare else ("metadata removed",)
    if header.frames > 1 and (moving := _moving(original, channel, target)):
        return replace(moving, steps=(*moving.steps, *cleaned))
    candidate = _still(original, channel)
    path = files.keep(candidate.data, candidate.media_type, target).path
    return Made(path, candidate.media_type, candidate.size, (*candidate.steps, *cleaned), fit_score.score(candidate))


def _copied(source: Path, media_type: str, target: Path) -> Path | None:
    """None where the file is damaged or of a kind that has to be encoded anew."""
    copy = target.with_name(target.name + files.SUFFIXES.get(media_type, ""))
    return files.written(copy, media_type).path if containers.copy_bare(source, media_type, copy) else None


def _moving(original: Original, channel: Channel, target: Path) -> Made | None:
    """As GIF, as a film, or a refusal; None where the channel takes neither and a still picture must do."""
    if not channel.takes("image/gif") and not channel.takes("video/mp4"):
        return None
    if channel.takes("image/gif") and (found := fit_animation.smaller_gif(original, channel)):
        return Made(files.keep(found.data, found.media_type, target).path, found.media_type, found.size, found.steps)
    if channel.takes("video/mp4") and (film := fit_animation.film(original, channel, target)):
        return film
    raise fit_refusals.cannot_be_made_to_fit("animation", original.size_bytes, channel.max_bytes)


def _still(original: Original, channel: Channel) -> Candidate:
    """Raises Refused."""
    if not channel.takes("image/jpeg") and not channel.takes("image/png"):
        raise fit_refusals.type_not_taken(original.header.media_type, channel.media_types)
    for candidate in in_order_of_beauty(original, channel):
        if len(candidate.data) <= channel.max_bytes:
            return candidate
    raise fit_refusals.cannot_be_made_to_fit("picture", original.size_bytes, channel.max_bytes)
