"""Older versions of `media_stored`, read as the newest."""

from typing import Any


def v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    return {"customer" if name == "contact" else name: value for name, value in data.items()}
