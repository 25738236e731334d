"""Which types are pictures whose pixels we open. Free of Pillow, so that a worker may ask before it fetches a file."""

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
    "image/heif": "HEIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
}
"""Pillow's name of each."""


def is_picture(media_type: str) -> bool:
    return media_type in FORMATS
