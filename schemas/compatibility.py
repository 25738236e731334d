"""What a change of a schema breaks: within a version only optional fields may be added."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_IGNORED = {"description", "title", "default", "properties", "required", "items", "$defs"}
"""What says nothing about validity, and what is compared part by part."""


def breaks(released: Schema, current: Schema) -> list[str]:
    """One sentence per change that is only allowed in a next version; empty if there is none."""
    return [
        *_breaks("$", released, current),
        *(
            sentence
            for name, part in released.get("$defs", {}).items()
            for sentence in _breaks(f"$defs.{name}", part, current.get("$defs", {}).get(name))
        ),
    ]


def _breaks(path: str, released: Schema, current: Schema | None) -> Iterator[str]:
    if current is None:
        yield f"{path} was removed"
        return
    for keyword in sorted((released.keys() | current.keys()) - _IGNORED):
        if released.get(keyword) != current.get(keyword):
            yield f"{path}: `{keyword}` changed"
    if set(released.get("required", ())) != set(current.get("required", ())):
        yield f"{path}: `required` changed"
    for name, part in released.get("properties", {}).items():
        yield from _breaks(f"{path}.{name}", part, current.get("properties", {}).get(name))
    if "items" in released or "items" in current:
        yield from _breaks(f"{path}[]", released.get("items", {}), current.get("items"))
