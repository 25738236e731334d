"""Find a channel's deliver module by the names in `config/channels.yaml`."""

from importlib import import_module
from importlib.util import find_spec
from typing import cast

from deliver.outgoing import Deliver


def deliver_module(channel: str, provider: str) -> Deliver:
    """`deliver/<channel>/<provider>.py`, or `deliver/<channel>.py` for a channel with one provider."""
    package = import_module(f"deliver.{channel}")
    if hasattr(package, "__path__") and find_spec(f"deliver.{channel}.{provider}"):
        return cast(Deliver, import_module(f"deliver.{channel}.{provider}"))
    return cast(Deliver, package)
