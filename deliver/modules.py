"""Finds the module that sends on a channel: `deliver/<channel>/<provider>.py`, or `deliver/<channel>.py`."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import cast

from deliver.outgoing import Deliver

_NOT_CHANNELS = frozenset({"outgoing", "modules", "splitting"})
_HERE = Path(__file__).parent


class UnknownChannel(Exception):
    """Raised when no module sends on a channel of this provider."""

    code = "unknown_channel"
    retryable = False


def deliver_module(channel: str, provider: str) -> Deliver:
    """Only modules that lie in this folder are imported, whatever the names say. Raises UnknownChannel."""
    name = _modules().get((channel, provider)) or _modules().get((channel, None))
    module = import_module(name) if name else None
    if not hasattr(module, "send"):
        raise UnknownChannel(f"no module for channel {channel!r} of provider {provider!r}")
    return cast("Deliver", module)


@cache
def _modules() -> dict[tuple[str, str | None], str]:
    return dict(_found())


def _found() -> Iterator[tuple[tuple[str, str | None], str]]:
    for channel in iter_modules([str(_HERE)]):
        if channel.ispkg:
            for provider in iter_modules([str(_HERE / channel.name)]):
                yield (channel.name, provider.name), f"deliver.{channel.name}.{provider.name}"
        elif channel.name not in _NOT_CHANNELS:
            yield (channel.name, None), f"deliver.{channel.name}"
