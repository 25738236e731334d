"""Finds the module that sends on a channel: `deliver/<channel>/<provider>.py`, or `deliver/<channel>.py`."""

from typing import cast

from deliver.outgoing import Deliver
from ingest.modules import channel_module


def deliver_module(channel: str, provider: str) -> Deliver:
    """Raises UnknownChannel."""
    return cast("Deliver", channel_module("deliver", channel, provider, offers="send"))
