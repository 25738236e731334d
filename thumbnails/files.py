"""Write pictures down, and say what was written."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from thumbnails.pictures import FORMATS

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp"}


@dataclass(frozen=True)
class Written:
    path: Path
    size_bytes: int
    sha256: str


def write(picture: Image.Image, media_type: str, quality: int, stem: Path) -> Written:
    """Encode into `stem` plus the type's suffix."""
    path = stem.with_name(stem.name + SUFFIXES[media_type])
    picture.save(path, FORMATS[media_type], quality=quality, optimize=media_type == "image/jpeg")
    return Written(path, path.stat().st_size, sha256(path))


def keep(data: bytes, media_type: str, stem: Path) -> Written:
    """The same for what is encoded already."""
    path = stem.with_name(stem.name + SUFFIXES[media_type])
    path.write_bytes(data)
    return Written(path, len(data), hashlib.sha256(data).hexdigest())


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
