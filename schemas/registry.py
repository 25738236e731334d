"""Which events there are, found by folder, and how their older versions become the newest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, get_args, get_type_hints

from schemas.attachment import Attachment
from schemas.event import EventData

Cast = Callable[[dict[str, Any]], dict[str, Any]]
"""A pure function from the data of one version to that of a neighboring one."""


@dataclass(frozen=True)
class Contract:
    """One event type. `upcasts[n]` leads from version n to n+1, `downcasts[n]` from n to n-1."""

    newest: type[EventData]
    upcasts: Mapping[int, Cast] = field(default_factory=dict)
    downcasts: Mapping[int, Cast] = field(default_factory=dict)

    @cached_property
    def version(self) -> int:
        return self.newest.version

    @cached_property
    def attachment_fields(self) -> frozenset[str] | None:
        """What is known here of the event's `attachments`; None where it has none."""
        item = next(iter(get_args(get_type_hints(self.newest).get("attachments"))), None)
        if not (isinstance(item, type) and issubclass(item, Attachment)):
            return None
        return frozenset(item.__struct_fields__) - {"extra"}

    def upcast(self, data: dict[str, Any], version: int) -> dict[str, Any]:
        for number in range(version, self.version):
            data = self.upcasts[number](data)
        return data

    def downcast(self, data: dict[str, Any], version: int) -> dict[str, Any]:
        for number in range(self.version, version, -1):
            data = self.downcasts[number](data)
        return data

    def readable(self) -> range:
        """The newest version, and every older one from which an unbroken chain of upcasts leads to it."""
        oldest = self.version
        while oldest - 1 in self.upcasts:
            oldest -= 1
        return range(oldest, self.version + 1)

    def writable(self) -> range:
        oldest = self.version
        while oldest in self.downcasts:
            oldest -= 1
        return range(oldest, self.version + 1)


class Registry:
    """Event types by name. The product's own is `Registry.found_in(schemas)`."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._contracts = {contract.newest.event_type: contract for contract in contracts}

    @classmethod
    def found_in(cls, package: ModuleType) -> "Registry":
        """
        One contract for each folder of the package that holds the event of its name.

        Older versions: `upcast.py` beside it offers `v1_to_v2` …, and `downcast.py`, where a producer may still have
        to write the older version, `v2_to_v1` ….
        """
        folders = (module.name for module in iter_modules(package.__path__) if module.ispkg)
        return cls(contract for folder in folders if (contract := _contract_in(package.__name__, folder)) is not None)

    def __getitem__(self, event_type: str) -> Contract:
        return self._contracts[event_type]

    def __contains__(self, event_type: str) -> bool:
        return event_type in self._contracts

    def contracts(self) -> list[Contract]:
        return [self._contracts[name] for name in sorted(self._contracts)]


def _contract_in(package: str, folder: str) -> Contract | None:
    module = import_module(f"{package}.{folder}")
    newest = next((item for item in vars(module).values() if _is_event(item, folder)), None)
    if newest is None:
        return None
    numbers = range(1, newest.version)
    upcasts = _casts(module, "upcast", {number: f"v{number}_to_v{number + 1}" for number in numbers})
    downcasts = _casts(module, "downcast", {number + 1: f"v{number + 1}_to_v{number}" for number in numbers})
    return Contract(newest, upcasts, downcasts)


def _is_event(item: object, name: str) -> bool:
    return isinstance(item, type) and issubclass(item, EventData) and getattr(item, "event_type", None) == name


def _casts(module: ModuleType, file: str, names: Mapping[int, str]) -> dict[int, Cast]:
    if file not in {found.name for found in iter_modules(module.__path__)}:
        return {}
    casts = import_module(f"{module.__name__}.{file}")
    return {number: getattr(casts, name) for number, name in names.items() if hasattr(casts, name)}
