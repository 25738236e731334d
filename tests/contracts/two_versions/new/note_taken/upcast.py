"""Version 1 had one author."""

from typing import Any


def v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in data.items() if name != "author"}
    return rest | {"authors": [data["author"]]}
