"""`media_stored` as older versions have it."""

from typing import Any


def v2_to_v1(data: dict[str, Any]) -> dict[str, Any]:
    return {"contact" if name == "customer" else name: value for name, value in data.items()}
