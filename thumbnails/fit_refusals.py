"""Why a file cannot be sent on a channel, in words that say what to do instead."""

from collections.abc import Iterable

from schemas.reason import Reason, Refused
from thumbnails.names import spoken


def type_not_taken(media_type: str, taken: Iterable[str]) -> Refused:
    return Refused(
        Reason(
            code="type_not_taken",
            sentence=f"This channel does not carry files of type {media_type}, but {spoken(taken)}."
            " Send it as one of these, a link to it, or use another channel.",
        )
    )


def file_too_large(size_bytes: int, max_bytes: int) -> Refused:
    return Refused(
        Reason(
            code="file_too_large",
            sentence=f"The file has {_megabytes(size_bytes)}; this channel takes at most {_megabytes(max_bytes)}."
            " Send a link to it, a smaller file, or use another channel.",
            actual=size_bytes,
            limit=max_bytes,
        )
    )


def cannot_be_made_to_fit(what: str, size_bytes: int, max_bytes: int) -> Refused:
    return Refused(
        Reason(
            code="cannot_be_made_to_fit",
            sentence=f"The {what} cannot be made to look acceptable in {_megabytes(max_bytes)}."
            " Send a shorter or simpler one, a link to it, or use another channel.",
            actual=size_bytes,
            limit=max_bytes,
        )
    )


def video_too_long(seconds: float, max_bytes: int) -> Refused:
    return Refused(
        Reason(
            code="video_too_long",
            sentence=f"The video lasts {_duration(seconds)}; nobody would see much in {_megabytes(max_bytes)}."
            " Send a link to it, a part of it, or use another channel.",
            actual=round(seconds),
        )
    )


def recording_too_long(seconds: float, max_bytes: int) -> Refused:
    return Refused(
        Reason(
            code="recording_too_long",
            sentence=f"The recording lasts {_duration(seconds)}; nobody would follow it in {_megabytes(max_bytes)}."
            " Send a link to it, a part of it, or use another channel.",
            actual=round(seconds),
        )
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:.0f} KB"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
