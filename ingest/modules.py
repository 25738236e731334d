"""Finds the module that speaks a channel: `ingest/<channel>/<provider>.py`, or `ingest/<channel>.py`."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import cast

from ingest.incoming import Ingest


class UnknownChannel(Exception):
    """Raised when no module speaks a channel of this provider."""

    code = "unknown_channel"
    retryable = False


def ingest_module(channel: str, provider: str) -> Ingest:
    """Raises UnknownChannel."""
    return cast("Ingest", channel_module("ingest", channel, provider, offers="parse"))


def channel_module(room: str, channel: str, provider: str, *, offers: str) -> ModuleType:
    """Only modules that lie in this room's folder are imported, whatever the names say. Raises UnknownChannel."""
    known = _modules(room)
    name = known.get((channel, provider)) or known.get((channel, None))
    module = import_module(name) if name else None
    if module is None or not hasattr(module, offers):
        raise UnknownChannel(f"no module in {room} for channel {channel!r} of provider {provider!r}")
    return module


@cache
def _modules(room: str) -> dict[tuple[str, str | None], str]:
    return dict(_found(room))


def _found(room: str) -> Iterator[tuple[tuple[str, str | None], str]]:
    for channel in iter_modules(import_module(room).__path__):
        name = f"{room}.{channel.name}"
        if channel.ispkg:
            for provider in iter_modules(import_module(name).__path__):
                yield (channel.name, provider.name), f"{name}.{provider.name}"
        else:
            yield (channel.name, None), name
