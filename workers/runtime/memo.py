"""A stage's result, kept in the object store: the first one written is the one that counts, for ever."""

from typing import TypeVar

from msgspec import Struct, json

from schemas.decoders import decoder
from workers.runtime.objects import ObjectChanged, ObjectMissing, ObjectStore

T = TypeVar("T", bound=Struct)


class MediaKeys(Struct, frozen=True):
    """As in `TROMBONE_MEDIA_KEYS`."""

    keys: str


def recall(store: ObjectStore, key: str, returns: type[T]) -> T | None:
    """The result that an earlier delivery left, if there is one."""
    try:
        with store.read(key) as chunks:
            return decoder(returns).decode(b"".join(chunks))
    except ObjectMissing:
        return None


def remember(store: ObjectStore, key: str, result: T) -> T:
    """Keep a result unless another delivery was first; what counts is returned."""
    try:
        store.put_new(key, json.encode(result), media_type="application/json")
    except ObjectChanged:
        return recall(store, key, type(result)) or result
    return result
