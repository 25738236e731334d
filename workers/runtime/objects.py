"""The object-store port: bytes by key, streamed, with conditional writes."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Object:
    """`metadata` keys are lower-case; values are ASCII (the adapters escape what is not)."""

    key: str
    size_bytes: int
    etag: str
    media_type: str
    modified_at: datetime
    metadata: Mapping[str, str]


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
        """Stream `data` into an object; it appears whole or not at all. `size_bytes` None: length not known."""

    def put_new(self, key: str, data: bytes, *, media_type: str) -> Object:
        """Write a small object unless the key exists (then ObjectChanged): exactly one of many writers wins."""

    def head(self, key: str) -> Object:
        """Raises ObjectMissing."""

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> AbstractContextManager[Iterator[bytes]]:
        """Chunks of the object or of a range of it. Raises ObjectMissing on entering."""

    def download(self, key: str, path: Path) -> Object:
        """Stream an object into a file."""

    def copy(self, source: str, target: str, *, etag: str, media_type: str) -> Object:
        """Copy inside the store while `source` still has this etag (else ObjectChanged; ObjectMissing if gone)."""

    def list(self, prefix: str) -> Iterable[Object]:
        """Objects under a prefix, by key; their metadata may be empty."""

    def delete(self, key: str) -> None:
        """Quietly done when there is none."""
