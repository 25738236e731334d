"""Readers of version 1 see the first author."""

from typing import Any


def v2_to_v1(data: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in data.items() if name != "authors"}
    return rest | {"author": data["authors"][0]}
