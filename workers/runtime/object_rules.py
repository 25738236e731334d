"""The rules that hold for every object store alike: what a key may be, what metadata may weigh, what was promised."""

import re
from collections.abc import Mapping
from typing import BinaryIO
from urllib.parse import quote, unquote

from workers.runtime.objects import KeyNotAllowed, MetadataTooLong, WrongSize

CHUNK_BYTES = 64 * 1024
UNKNOWN_MEDIA_TYPE = "application/octet-stream"

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html and UsingMetadata.html, read 2026-11-22.
_MAX_KEY_BYTES = 1024
_MAX_METADATA_BYTES = 2048
# Every part becomes a file or folder name in the folder store; Linux ends names at 255 bytes, and a temporary or
# sidecar name needs some of them.
_MAX_PART_BYTES = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_MEDIA_TYPE = re.compile(r"[\w.+!#$&^-]{1,80}/[\w.+!#$&^-]{1,80}(; ?[\w-]{1,40}=[\w.+-]{1,80}){0,4}", re.ASCII)
_PLAIN = "!#$&'()*+,-./:;<=>?@[]^_`{|}~"


def check_key(key: str) -> str:
    """Raises KeyNotAllowed."""
    parts = key.split("/")
    if len(key.encode(errors="replace")) > _MAX_KEY_BYTES or not all(_plain_part(part) for part in parts):
        raise KeyNotAllowed(f"not a plain object key: {key[:100]!r}")
    return key


def check_prefix(prefix: str) -> str:
    """A prefix may also be empty, or end in the middle of a part or at a slash."""
    if prefix:
        check_key(prefix.removesuffix("/"))
    return prefix


def _plain_part(part: str) -> bool:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= _MAX_PART_BYTES and not part.startswith(".") and not _CONTROL.search(part)


def safe_media_type(media_type: str) -> str:
    """What may stand in a header. A claim that is no media type at all is worth nothing."""
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else UNKNOWN_MEDIA_TYPE


def escape(metadata: Mapping[str, str]) -> dict[str, str]:
    """
    Percent-encode all but plain ASCII: headers carry nothing else, and signatures fold spaces. An empty value is left
    out, because servers differ in keeping it.

    Raises MetadataTooLong.
    """
    escaped = {name.lower(): quote(value, safe=_PLAIN) for name, value in metadata.items() if value}
    if sum(len(name) + len(value) for name, value in escaped.items()) > _MAX_METADATA_BYTES:
        raise MetadataTooLong(f"metadata is longer than {_MAX_METADATA_BYTES} bytes when escaped")
    return escaped


def unescape(metadata: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): unquote(value) for name, value in metadata.items()}


class Measured:
    """
    Reads on behalf of a store, counts, and raises WrongSize as soon as the promised size cannot be true: before the
    last bytes are handed over, so that no store ever sees a complete object that is wrong.
    """

    def __init__(self, data: BinaryIO, promised: int | None) -> None:
        self._data = data
        self._promised = promised
        self.size_bytes = 0
        if promised == 0:
            self._check_end()

    def read(self, size: int = -1) -> bytes:
        chunk = self._data.read(size)
        self.size_bytes += len(chunk)
        if self._promised is not None:
            if (not chunk and size) and self.size_bytes < self._promised:
                raise WrongSize(f"{self.size_bytes} bytes came, {self._promised} were promised")
            if chunk and self.size_bytes >= self._promised:
                self._check_end()
        return chunk

    def _check_end(self) -> None:
        if self.size_bytes != self._promised or self._data.read(1):
            raise WrongSize(f"more bytes came than the {self._promised} that were promised")
