"""
Decoders that threads may share.

msgspec (0.22) learns what a struct looks like when the struct is first decoded, and tells other threads before it has
learned all of it: two first uses at the same moment end the process (SIGSEGV). So all learning is done one by one.
"""

from functools import cache
from threading import Lock
from typing import Any, TypeVar

from msgspec import json

T = TypeVar("T")

_learning = Lock()


def decoder(kind: type[T], *, strict: bool = True) -> "json.Decoder[T]":
    """For JSON of this type; made once. Not `strict`: a number may come as a string, for providers that mix the two."""
    return _decoder(kind, strict)  # type: ignore[no-any-return,arg-type] # what functools.cache says of types


@cache
def _decoder(kind: Any, strict: bool) -> Any:
    with _learning:
        return json.Decoder(kind, strict=strict)
