"""What a file truly is: by its content, from its headers, in one look. Whether that may pass is the caller's policy."""

from collections.abc import Callable
from pathlib import Path

from schemas.reason import Reason, Refused
from thumbnails import archives, containers, limits, page, sniff
from thumbnails.capabilities import capability
from thumbnails.disguise import hidden_content
from thumbnails.orders import Inspection, InspectParams
from thumbnails.probe import ClipLimits, probe


def inspect(source: Path, params: InspectParams) -> Inspection:
    """Raises Refused for what breaks a limit, and for pictures that cannot be opened."""
    if source.stat().st_size == 0:
        raise Refused(Reason(code="file_empty", sentence="The file is empty. Ask for it to be sent again."))
    media_type = sniff.media_type(source)
    look = _LOOKS.get(capability(media_type).family)
    if look is not None:
        return look(source, media_type, params)
    found = archives.Listed(media_type, [])
    if archives.is_zip(media_type):
        found = archives.look(source, media_type, params)
    return Inspection(
        media_type=found.media_type,
        kind=sniff.kind(found.media_type),
        browser_shows=capability(found.media_type).browser_shows,
        largest_entry_bytes=found.largest_bytes,
        warnings=found.warnings,
    )


def _picture(source: Path, media_type: str, params: InspectParams) -> Inspection:
    with limits.opened(source, media_type, limits.Limits(params.max_pixels, params.max_frames)) as (_, header):
        width, height = header.upright_size
    return Inspection(
        media_type=media_type,
        kind="image",
        width=width,
        height=height,
        frames=header.frames,
        pages=containers.tiff_pages(source, params.max_pages) if media_type == "image/tiff" else None,
        browser_shows=capability(media_type).browser_shows,
        warnings=hidden_content(source, media_type),
    )


def _clip(source: Path, media_type: str, params: InspectParams) -> Inspection:
    """What libav cannot read may still play elsewhere: it passes with a warning."""
    try:
        clip = probe(source, media_type, ClipLimits(params.max_pixels, params.max_seconds))
    except Refused as refused:
        if refused.code != "clip_unreadable":
            raise
        return Inspection(media_type=media_type, kind=sniff.kind(media_type), warnings=[refused.reason])
    width, height = clip.video.upright_size if clip.video else (None, None)
    return Inspection(
        media_type=clip.media_type,
        kind=sniff.kind(clip.media_type),
        width=width,
        height=height,
        duration_seconds=clip.duration_seconds,
        has_audio=clip.audio is not None,
        browser_shows=clip.plays_in_browsers,
        warnings=hidden_content(source, media_type),
    )


def _page(source: Path, media_type: str, params: InspectParams) -> Inspection:
    """A PDF that is locked or that PDFium cannot read passes with a warning."""
    warnings = hidden_content(source, media_type)
    pages = None
    try:
        pages = page.pages(source)
    except Refused as refused:
        warnings = [refused.reason, *warnings]
    if pages is not None and pages > params.max_pages:
        raise Refused(
            Reason(
                code="too_many_pages",
                sentence=f"The PDF has {pages} pages; at most {params.max_pages} are allowed. Send a part of it.",
                actual=pages,
                limit=params.max_pages,
            )
        )
    return Inspection(media_type=media_type, kind="file", pages=pages, browser_shows=True, warnings=warnings)


_LOOKS: dict[str, Callable[[Path, str, InspectParams], Inspection]] = {
    "picture": _picture,
    "film": _clip,
    "sound": _clip,
    "page": _page,
}
"""By family."""
