"""What types are called: by libmagic, by mail programs and phones, and by the ends of file names."""

from collections.abc import Iterable, Sequence

UNKNOWN = "application/octet-stream"
ALIASES = {
    "application/csv": "text/csv",
    "application/ogg": "audio/ogg",
    "application/rtf": "text/rtf",
    "application/x-gzip": "application/gzip",
    "application/x-javascript": "text/javascript",
    "application/x-ole-storage": "application/msword",
    "application/x-pdf": "application/pdf",
    "application/x-pkcs7-signature": "application/pkcs7-signature",
    "application/x-rar": "application/vnd.rar",
    "application/x-zip": "application/zip",
    "application/x-zip-compressed": "application/zip",
    "audio/mp3": "audio/mpeg",
    "audio/mpegapplication": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "audio/vnd.wave": "audio/wav",
    "audio/x-aiff": "audio/aiff",
    "audio/x-flac": "audio/flac",
    "audio/x-hx-aac-adts": "audio/aac",
    "audio/x-m4a": "audio/mp4",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heif",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/svg": "image/svg+xml",
    "image/x-bmp": "image/bmp",
    "image/x-ms-bmp": "image/bmp",
    "image/x-png": "image/png",
    "text/directory": "text/vcard",
    "text/x-vcard": "text/vcard",
    "video/avi": "video/x-msvideo",
    "video/mov": "video/quicktime",
    "video/x-m4v": "video/mp4",
}
SAYS_NOTHING = frozenset({"", UNKNOWN, "application/binary", "application/x-download", "binary/octet-stream", "*/*"})
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
EXTENSIONS = {
    ".3gp": "video/3gpp", ".7z": "application/x-7z-compressed", ".aac": "audio/aac", ".amr": "audio/amr",
    ".apk": "application/vnd.android.package-archive", ".avi": "video/x-msvideo", ".avif": "image/avif",
    ".bat": "text/x-msdos-batch", ".bmp": "image/bmp", ".csv": "text/csv", ".doc": "application/msword",
    ".docx": f"{_OPEN_XML}wordprocessingml.document", ".exe": "application/vnd.microsoft.portable-executable",
    ".flac": "audio/flac", ".gif": "image/gif", ".gz": "application/gzip", ".heic": "image/heic",
    ".heif": "image/heif", ".htm": "text/html", ".html": "text/html", ".ics": "text/calendar",
    ".jar": "application/java-archive", ".jfif": "image/jpeg", ".jpeg": "image/jpeg", ".jpg": "image/jpeg",
    ".js": "text/javascript", ".json": "application/json", ".m4a": "audio/mp4", ".m4v": "video/mp4",
    ".mkv": "video/x-matroska", ".mov": "video/quicktime", ".mp3": "audio/mpeg", ".mp4": "video/mp4",
    ".mpeg": "video/mpeg", ".mpg": "video/mpeg", ".msi": "application/x-msi",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet", ".odt": "application/vnd.oasis.opendocument.text",
    ".oga": "audio/ogg", ".ogg": "audio/ogg", ".ogv": "video/ogg", ".opus": "audio/ogg", ".pdf": "application/pdf",
    ".php": "text/x-php", ".png": "image/png", ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": f"{_OPEN_XML}presentationml.presentation", ".rar": "application/vnd.rar", ".rtf": "text/rtf",
    ".sh": "text/x-shellscript", ".svg": "image/svg+xml", ".tif": "image/tiff", ".tiff": "image/tiff",
    ".txt": "text/plain", ".vcf": "text/vcard", ".wav": "audio/wav", ".webm": "video/webm", ".webp": "image/webp",
    ".wma": "audio/x-ms-wma", ".wmv": "video/x-ms-wmv", ".xls": "application/vnd.ms-excel",
    ".xlsx": f"{_OPEN_XML}spreadsheetml.sheet", ".xml": "text/xml", ".zip": "application/zip",
}  # fmt: skip
"""Our own table: what the machine's knows differs from machine to machine."""


_SHORT = {media_type: ending.removeprefix(".").upper() for ending, media_type in EXTENSIONS.items()}


def spoken(media_types: Iterable[str]) -> str:
    """Types as people call them: `JPG, PNG or MP4`."""
    return listed(sorted({_SHORT.get(one) or one.rpartition("/")[2].upper() for one in media_types}), "or")


def listed(words: Sequence[str], last: str = "and") -> str:
    *most, end = words or [""]
    return f"{', '.join(most)} {last} {end}" if most else end


def normalized(media_type: str) -> str:
    """Without parameters, in lower case, by the name that we use."""
    name = media_type.partition(";")[0].strip().lower()
    return ALIASES.get(name, name)
