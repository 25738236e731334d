"""The object-store port: bytes by key, streamed, with conditional writes."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Object:
    """
    `metadata` keys are lower-case; values may be any text (an adapter escapes what its wire
    cannot carry); an empty value is not kept.

    Equal etags of one key mean equal bytes. They are opaque: two adapters give the same bytes different ones.
    """

    key: str
    size_bytes: int
    etag: str
    media_type: str
    modified_at: datetime
    metadata: Mapping[str, str]


class Reading(Iterator[bytes]):
    """Chunks of an object or of a range of it; `found` tells of the whole object."""

    def __init__(self, found: Object, chunks: Iterator[bytes]) -> None:
        self.found = found
        self._chunks = chunks

    def __next__(self) -> bytes:
        return next(self._chunks)


class ObjectMissing(Exception):
    """Raised when no object has this key."""

    code = "object_missing"
    retryable = False


class ObjectChanged(Exception):
    """Raised when a condition did not hold: the object exists already, or its etag is another."""

    code = "object_changed"
    retryable = False


class StoreUnavailable(Exception):
    """Raised when the store did not answer in time or answered with a failure of its own."""

    code = "store_unavailable"
    retryable = True


class KeyNotAllowed(Exception):
    """Raised when a key is empty, too long, or could mean another place than it says (`..`, `//`, a leading dot)."""

    code = "object_key_not_allowed"
    retryable = False


class WrongSize(Exception):
    """Raised when the bytes handed to `put` are not as many as was promised; nothing was stored."""

    code = "object_wrong_size"
    retryable = False


class MetadataTooLong(Exception):
    """Raised when metadata is longer than every S3 server takes; nothing was stored."""

    code = "object_metadata_too_long"
    retryable = False


class ObjectStore(Protocol):
    """Every call raises StoreUnavailable within seconds when the store is down or silent."""

    def put(
        self,
        key: str,
        data: BinaryIO,
        *,
        size_bytes: int | None,
        media_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> Object:
        """
        Stream `data` into an object; it appears whole or not at all. `size_bytes` None: length not known.

        Raises WrongSize when `data` ends early or goes on.
        """

    def put_new(self, key: str, data: bytes, *, media_type: str) -> Object:
        """
        Write a small object unless the key exists (then ObjectChanged): at most one of many writers wins.

        A winner whose answer got lost on the way may be told ObjectChanged about its own write: read what is there.
        """

    def head(self, key: str) -> Object:
        """Raises ObjectMissing."""

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> AbstractContextManager[Reading]:
        """The object, or a range of it (cut to what there is). Raises ObjectMissing on entering."""

    def download(self, key: str, path: Path) -> Object:
        """Stream an object into a file."""

    def copy(self, source: str, target: str, *, etag: str, media_type: str) -> str:
        """
        Copy inside the store while `source` still has this etag (else ObjectChanged; ObjectMissing if gone).

        Metadata stays behind. Answers with the etag of the copy.
        """

    def list(self, prefix: str) -> Iterable[Object]:
        """Objects under a prefix, by key; their metadata may be empty."""

    def delete(self, key: str) -> None:
        """Quietly done when there is none."""
