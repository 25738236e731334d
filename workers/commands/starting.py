"""What every command does first: settings, or all that is wrong with them; then logs."""

import sys

import typer

from workers.runtime import telemetry
from workers.runtime.assemble import LivePorts
from workers.runtime.links import MediaKeysInvalid
from workers.runtime.settings import SettingsInvalid, load
from workers.runtime.stores import StoreUrlInvalid

INVALID_SETTINGS = 2


def ready() -> LivePorts:
    """The ports of this process. Ends it with code 2 when the settings make no sense."""
    try:
        settings = load()
        ports = LivePorts(settings)
        for part in ("store", "links"):
            getattr(ports, part)  # what is wrong with it must not wait for the first message
    except (SettingsInvalid, StoreUrlInvalid, MediaKeysInvalid) as invalid:
        typer.echo(f"The settings are not valid:\n{invalid}", err=True)
        sys.exit(INVALID_SETTINGS)
    telemetry.configure(settings.endpoints.log_level, telemetry.secrets_in(settings))
    return ports
