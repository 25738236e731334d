"""Opens the object store that a URL names, and empties what has grown old."""

from datetime import datetime
from pathlib import Path

from workers.runtime.folder import FolderStore
from workers.runtime.objects import ObjectStore
from workers.runtime.s3 import S3Store


class StoreUrlInvalid(Exception):
    """Raised when a store's URL is neither `s3://key:secret@host:port/bucket` nor `file:<folder>`."""

    code = "store_url_invalid"
    retryable = False


def open_store(url: str) -> ObjectStore:
    """Connects to nothing yet. Raises StoreUrlInvalid, without the secret in it."""
    scheme, _, rest = url.partition(":")
    if scheme == "file" and rest:
        return FolderStore(Path(rest.removeprefix("//")))
    if scheme == "s3":
        try:
            return S3Store(url)
        except ValueError:
            raise StoreUrlInvalid(
                "TROMBONE_STORE_URL: not of the form s3://key:secret@host:port/bucket?region=us-east-1&tls=0 "
                "(percent-encode the key and the secret)"
            ) from None
    raise StoreUrlInvalid(f"TROMBONE_STORE_URL: an object store is file:<folder> or s3://…, not {scheme[:20]}:")


def reap(store: ObjectStore, prefix: str, *, older_than: datetime) -> int:
    """Delete what lies under a prefix since before a moment; how many objects that were."""
    old = [found.key for found in store.list(prefix) if found.modified_at < older_than]
    for key in old:
        store.delete(key)
    return len(old)
