"""
Data as it is written, and as the structs hold it.

The differences: absent for `None`, and in attachments the fields that nobody here knows, flat among the others on the
wire and apart in `Attachment.extra` in memory.
"""

from typing import Any

Data = dict[str, Any]


def bare(value: Any) -> Any:
    """Without the fields that are `None`; what is carried along unread stays as it came."""
    if type(value) is dict:
        return {name: item if name == "extra" else bare(item) for name, item in value.items() if item is not None}
    if type(value) is list:
        return [bare(item) for item in value]
    return value


def plain(value: Any) -> Any:
    """As strictly typed readers want it: no nulls, and `1.0` as the integer that JSON Schema holds it for."""
    if type(value) is dict:
        return {name: plain(item) for name, item in value.items() if item is not None}
    if type(value) is list:
        return [plain(item) for item in value]
    return int(value) if type(value) is float and value.is_integer() else value


def fold(data: Data, known: frozenset[str] | None) -> Data:
    """Put each attachment's unknown fields into its `extra`."""
    attachments = data.get("attachments")
    if known is None or type(attachments) is not list:
        return data
    return data | {"attachments": [_fold(item, known) for item in attachments]}


def _fold(item: Any, known: frozenset[str]) -> Any:
    if type(item) is not dict or item.keys() <= known:
        return item
    extra = {name: value for name, value in item.items() if name not in known}
    return {name: value for name, value in item.items() if name in known} | {"extra": extra}


def unfold(data: Data, known: frozenset[str] | None) -> Data:
    """Put each attachment's `extra` back among its fields; what is known here wins."""
    if known is None:
        return data
    return data | {"attachments": [_unfold(item) for item in data["attachments"]]}


def _unfold(item: Data) -> Data:
    extra = {name: value for name, value in item["extra"].items() if name not in item or name == "extra"}
    del item["extra"]
    return item | extra
