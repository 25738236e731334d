"""What can be done with each type, as data. What is not named here is a plain file: stored, never shown, saved only."""

from dataclasses import dataclass

from thumbnails.clips import DEMUXERS
from thumbnails.pictures import FORMATS


@dataclass(frozen=True)
class Capability:
    family: str
    """picture, film, sound, page, office, archive, program, markup, text or unknown."""
    preview: str | None = None
    """What is shown of it: its picture, its first page, a frame or its waveform."""
    browser_shows: bool = False
    """Whether today's browsers show it themselves; of a clip, whether they do with the usual codecs."""
    inline_safe: bool = False
    """Whether it may be served for showing: nothing in it can run."""


_NOT_IN_BROWSERS = {"image/heic", "image/heif", "image/tiff"}
_PLAYED = {
    "audio/aac", "audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/webm",
    "video/mp4", "video/webm",
}  # fmt: skip
_OPEN_XML, _OPEN_DOCUMENT = "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."
_FAMILIES = {
    "markup": ["application/xhtml+xml", "application/xml", "image/svg+xml", "text/html", "text/xml"],
    "text": ["application/json", "text/calendar", "text/csv", "text/plain", "text/rtf", "text/vcard"],
    "office": [
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
        f"{_OPEN_DOCUMENT}presentation", f"{_OPEN_DOCUMENT}spreadsheet", f"{_OPEN_DOCUMENT}text",
        f"{_OPEN_XML}presentationml.presentation", f"{_OPEN_XML}spreadsheetml.sheet",
        f"{_OPEN_XML}wordprocessingml.document",
    ],
    "archive": [
        "application/gzip", "application/vnd.ms-cab-compressed", "application/vnd.rar", "application/x-7z-compressed",
        "application/x-bzip2", "application/x-iso9660-image", "application/x-tar", "application/x-xz",
        "application/zip", "application/zstd",
    ],
    "program": [
        "application/java-archive", "application/javascript", "application/postscript",
        "application/vnd.android.package-archive", "application/vnd.microsoft.portable-executable",
        "application/vnd.ms-excel.sheet.macroenabled.12", "application/vnd.ms-powerpoint.presentation.macroenabled.12",
        "application/vnd.ms-word.document.macroenabled.12", "application/x-dosexec", "application/x-elf",
        "application/x-executable", "application/x-mach-binary", "application/x-ms-shortcut",
        "application/x-msdownload", "application/x-msi", "application/x-object", "application/x-pie-executable",
        "application/x-sharedlib", "text/javascript", "text/x-msdos-batch", "text/x-perl", "text/x-php",
        "text/x-python", "text/x-script.python", "text/x-shellscript",
    ],
}  # fmt: skip
CAPABILITIES: dict[str, Capability] = {
    **{
        media_type: Capability(
            "picture",
            preview="picture",
            browser_shows=media_type not in _NOT_IN_BROWSERS,
            inline_safe=media_type not in _NOT_IN_BROWSERS,
        )
        for media_type in FORMATS
    },
    **{
        media_type: Capability(
            "film" if media_type.startswith("video/") else "sound",
            preview="frame" if media_type.startswith("video/") else "waveform",
            browser_shows=media_type in _PLAYED,
            inline_safe=media_type in _PLAYED,
        )
        for media_type in DEMUXERS
    },
    **{
        media_type: Capability(family, browser_shows=family == "markup")
        for family, media_types in _FAMILIES.items()
        for media_type in media_types
    },
    "application/pdf": Capability("page", preview="page", browser_shows=True),
}
_UNKNOWN = Capability("unknown")


def capability(media_type: str) -> Capability:
    return CAPABILITIES.get(media_type, _UNKNOWN)


def is_shown(media_type: str) -> bool:
    """Whether there is anything to render of it."""
    return capability(media_type).preview is not None
