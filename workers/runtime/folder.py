"""
An object store in a folder, for the embedded default.

Bytes lie under their key, so that a person can open them; what is known about them lies beside, under `.about/`.
A write goes to `.tmp/`, is synced to the disk, and is renamed into place under a lock between processes; the folder is
synced too, so an object that `put` returned survives a power cut. Files are never changed in place: a reader that has
one open keeps reading the bytes it began with. Two limits against S3: a key cannot be the beginning of another's path
(`a` and `a/b`), and overwriting is not atomic across a crash between bytes and description (the pipeline overwrites
nothing that matters).
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from workers.runtime.object_rules import (
    CHUNK_BYTES,
    Measured,
    check_key,
    check_prefix,
    escape,
    safe_media_type,
    unescape,
)
from workers.runtime.objects import KeyNotAllowed, Object, ObjectChanged, ObjectMissing, Reading, StoreUnavailable


class FolderStore:
    """Implements `objects.ObjectStore`; safe between threads and between processes of one machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, key: str) -> Path:
        """Where an object's bytes lie."""
        return self._root / check_key(key)

    def put(
        self,
        key: str,
        data: BinaryIO,
        *,
        size_bytes: int | None,
        media_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> Object:
        return self._write(key, Measured(data, size_bytes), media_type, metadata or {})

    def put_new(self, key: str, data: bytes, *, media_type: str) -> Object:
        return self._write(key, Measured(BytesIO(data), len(data)), media_type, {}, only_new=True)

    def head(self, key: str) -> Object:
        file, found = self._open(key)
        file.close()
        return found

    @contextmanager
    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[Reading]:
        file, found = self._open(key)
        with file:
            file.seek(start)
            yield Reading(found, _chunks(file, length))

    def download(self, key: str, path: Path) -> Object:
        file, found = self._open(key)
        with file, path.open("wb") as target:
            shutil.copyfileobj(file, target, CHUNK_BYTES)
        return found

    def copy(self, source: str, target: str, *, etag: str, media_type: str) -> str:
        file, found = self._open(source)
        with file:
            if found.etag != etag:
                raise ObjectChanged(source)
            return self._write(target, Measured(file, found.size_bytes), media_type, {}).etag

    def list(self, prefix: str) -> Iterator[Object]:
        folder = self._root / check_prefix(prefix).rpartition("/")[0]
        keys = [path.relative_to(self._root).as_posix() for path in folder.rglob("*") if path.is_file()]
        for key in sorted(key for key in keys if key.startswith(prefix) and not key.startswith(".")):
            with suppress(ObjectMissing):  # deleted while we were listing
                yield self.head(key)

    def delete(self, key: str) -> None:
        path = self.path(key)
        with self._failures(), self._locked(fcntl.LOCK_EX):
            for one in (path, self._about(key)):
                with suppress(FileNotFoundError, NotADirectoryError):
                    one.unlink()
                self._prune(one.parent)

    def _about(self, key: str) -> Path:
        return self._root / ".about" / f"{key}.json"

    def _open(self, key: str) -> tuple[BinaryIO, Object]:
        """The bytes and what is known about them, as one commit left them."""
        path = self.path(key)
        with self._failures(), self._locked(fcntl.LOCK_SH):
            try:
                file = path.open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise ObjectMissing(key) from None
            try:
                about: dict[str, Any] = json.loads(self._about(key).read_text())
            except (FileNotFoundError, NotADirectoryError):
                file.close()
                raise ObjectMissing(key) from None
            status = os.fstat(file.fileno())
        return file, Object(
            key=key,
            size_bytes=status.st_size,
            etag=about["etag"],
            media_type=about["media_type"],
            modified_at=datetime.fromtimestamp(status.st_mtime, UTC),
            metadata=about["metadata"],
        )

    def _write(
        self, key: str, data: Measured, media_type: str, metadata: Mapping[str, str], *, only_new: bool = False
    ) -> Object:
        kept = unescape(escape(metadata))  # the rules are those of S3
        path, about, temporary = self.path(key), self._about(key), self._root / ".tmp" / uuid4().hex
        described = temporary.with_suffix(".json")
        try:
            etag = self._spool(data, temporary)
            about_text = json.dumps({"etag": etag, "media_type": safe_media_type(media_type), "metadata": kept})
            self._spool(Measured(BytesIO(about_text.encode()), None), described)
            with self._failures(), self._locked(fcntl.LOCK_EX):
                if only_new and path.exists():
                    raise ObjectChanged(key)
                _rename(described, about)
                _rename(temporary, path)
        finally:
            for left in (temporary, described):
                with suppress(OSError):
                    left.unlink()
        return self.head(key)

    def _spool(self, data: Measured, path: Path) -> str:
        """Write and sync a temporary file; its digest."""
        digest = sha256()
        with self._failures():
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("xb")
        with file:
            while chunk := data.read(CHUNK_BYTES):  # an error of the caller's own stream is the caller's
                digest.update(chunk)
                with self._failures():
                    file.write(chunk)
            with self._failures():
                file.flush()
                os.fsync(file.fileno())
        return digest.hexdigest()

    def _prune(self, folder: Path) -> None:
        """Remove folders that became empty: erasing a person leaves no trace of names."""
        while folder != self._root and self._root in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    @contextmanager
    def _locked(self, mode: int) -> Iterator[None]:
        """Between threads too: each caller opens the lock file anew. Held for a rename or an open, never for bytes."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / ".lock").open("ab") as lock:
            fcntl.flock(lock, mode)
            yield

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """A full or missing disk is the store's own failure."""
        try:
            yield
        except OSError as error:
            raise StoreUnavailable(f"{self._root}: {error.strerror}") from error


def _rename(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise KeyNotAllowed(f"a file cannot lie where a folder lies: {target.name}") from None
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _chunks(file: BinaryIO, length: int | None) -> Iterator[bytes]:
    left = length
    while chunk := file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)):
        left = None if left is None else left - len(chunk)
        yield chunk
