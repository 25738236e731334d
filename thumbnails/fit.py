"""
The best-looking version of a file that a channel takes.

In this order: the file itself, if it may leave untouched; the same picture without its metadata; a crisp PNG of what is
drawn; the best JPEG at the largest size that looks good in so many bytes. What comes out is never over the limit.
"""

from pathlib import Path

from schemas.reason import Reason, Refused
from thumbnails import containers, files, limits
from thumbnails.animation import smaller_gif
from thumbnails.candidates import Candidate, Channel, Original, in_order_of_beauty
from thumbnails.limits import Limits
from thumbnails.orders import FitParams, Fitted
from thumbnails.pictures import is_picture


def fit(source: Path, workdir: Path, params: FitParams) -> Fitted:
    """Raises Refused when the channel cannot take the file in any form that we can make."""
    channel = Channel(params.max_bytes, frozenset(params.media_types))
    size_bytes = source.stat().st_size
    if not is_picture(params.media_type):
        _check_file(params.media_type, size_bytes, channel)
        return _untouched(source, params.media_type, None)
    bounds = Limits(params.max_pixels, params.max_frames)
    with limits.opened(source, params.media_type, bounds) as (_, header):
        original = Original(source, header, size_bytes, bounds)
    bare = containers.is_bare(source, params.media_type)
    fits = size_bytes <= channel.max_bytes and channel.takes(params.media_type)
    if fits and bare and header.orientation == 1:
        return _untouched(source, params.media_type, header.upright_size)
    candidate = _made(original, channel)
    written = files.keep(candidate.data, candidate.media_type, workdir / "fitted")
    return Fitted(
        file_name=written.path.name,
        media_type=candidate.media_type,
        size_bytes=written.size_bytes,
        sha256=written.sha256,
        width=candidate.size[0],
        height=candidate.size[1],
        steps=list(candidate.steps) + ([] if bare else ["metadata removed"]),
    )


def _made(original: Original, channel: Channel) -> Candidate:
    if original.header.frames > 1 and channel.takes("image/gif"):
        candidates = iter([smaller_gif(original, channel)])
    elif channel.takes("image/jpeg") or channel.takes("image/png"):
        candidates = in_order_of_beauty(original, channel)
    else:
        raise _type_not_on_channel(original.header.media_type)
    for candidate in candidates:
        if candidate is not None and len(candidate.data) <= channel.max_bytes:
            return candidate
    raise _cannot_be_made_to_fit(original.size_bytes, channel)


def _untouched(source: Path, media_type: str, size: tuple[int, int] | None) -> Fitted:
    width, height = size or (None, None)
    return Fitted(
        file_name=None,
        media_type=media_type,
        size_bytes=source.stat().st_size,
        sha256=files.sha256(source),
        width=width,
        height=height,
    )


def _check_file(media_type: str, size_bytes: int, channel: Channel) -> None:
    if not channel.takes(media_type):
        raise _type_not_on_channel(media_type)
    if size_bytes > channel.max_bytes:
        raise Refused(
            Reason(
                code="too_large_for_channel",
                sentence=f"The file has {_megabytes(size_bytes)}; this channel takes at most"
                f" {_megabytes(channel.max_bytes)}. Send a smaller file or use another channel.",
                actual=size_bytes,
                limit=channel.max_bytes,
            )
        )


def _type_not_on_channel(media_type: str) -> Refused:
    return Refused(
        Reason(
            code="type_not_on_channel",
            sentence=f"This channel does not carry files of type {media_type}. Use another channel.",
        )
    )


def _cannot_be_made_to_fit(size_bytes: int, channel: Channel) -> Refused:
    return Refused(
        Reason(
            code="cannot_be_made_to_fit",
            sentence=f"The picture cannot be made to look acceptable in {_megabytes(channel.max_bytes)}."
            " Send a shorter or simpler one, or use another channel.",
            actual=size_bytes,
            limit=channel.max_bytes,
        )
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:.0f} KB"
