"""
The best-looking version of a picture.

In this order: the file itself, if it may leave untouched; the same picture without its metadata; a crisp PNG of what is
drawn; the best JPEG at the largest size that looks good in so many bytes. What moves goes on moving where it can.
"""

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
    if header.frames > 1 and (film := _film(original, channel, target)):
        return film
    candidate = _chosen(original, channel)
    cleaned = () if bare else ("metadata removed",)
    path = files.keep(candidate.data, candidate.media_type, target).path
    return Made(path, candidate.media_type, candidate.size, (*candidate.steps, *cleaned), fit_score.score(candidate))


def _film(original: Original, channel: Channel, target: Path) -> Made | None:
    if channel.takes("image/gif") or not channel.takes("video/mp4"):
        return None
    return fit_animation.film(original, channel, target)


def _chosen(original: Original, channel: Channel) -> Candidate:
    """Raises Refused."""
    if original.header.frames > 1 and channel.takes("image/gif"):
        found = fit_animation.smaller_gif(original, channel)
    elif channel.takes("image/jpeg") or channel.takes("image/png"):
        candidates = in_order_of_beauty(original, channel)
        found = next((one for one in candidates if len(one.data) <= channel.max_bytes), None)
    else:
        raise fit_refusals.type_not_taken(original.header.media_type)
    if found is None:
        raise fit_refusals.cannot_be_made_to_fit("picture", original.size_bytes, channel.max_bytes)
    return found
