"""What every command does first: settings, or all that is wrong with them; then logs."""

import sys

import typer

from ingest.modules import ingest_module
from workers.runtime import telemetry
from workers.runtime.assemble import LivePorts
from workers.runtime.links import MediaKeysInvalid
from workers.runtime.settings import Settings, SettingsInvalid, load
from workers.runtime.stores import StoreUrlInvalid
from workers.runtime.wrong_settings import named

INVALID_SETTINGS = 2


def ready(least: str | None = None) -> LivePorts:
    """
    The ports of this process. Ends it with code 2 when the settings make no sense.

    `least` is the level from which on it logs, in place of the settings' own.
    """
    try:
        settings = load()
        require_credentials(settings)
        ports = LivePorts(settings)
        for part in ("store", "links"):
            getattr(ports, part)  # what is wrong with it must not wait for the first message
    except (SettingsInvalid, StoreUrlInvalid, MediaKeysInvalid) as invalid:
        typer.echo(f"The settings are not valid:\n{invalid}", err=True)
        sys.exit(INVALID_SETTINGS)
    telemetry.configure(least or settings.endpoints.log_level, telemetry.secrets_in(settings))
    return ports


def ready_to_answer() -> LivePorts:
    """For a command that people read: of the log only what is wrong stands beside its answer."""
    return ready("warning")


def read_settings() -> Settings:
    """For a command that needs nothing else. Ends it with code 2 when the settings make no sense."""
    try:
        return load()
    except SettingsInvalid as invalid:
        typer.echo(f"The settings are not valid:\n{invalid}", err=True)
        sys.exit(INVALID_SETTINGS)


def require_credentials(settings: Settings) -> None:
    """A connection that cannot work is told now, not at its first message. Raises SettingsInvalid."""
    lacking = [
        f"{named('accounts', one.account, 'channels', one.channel)} ({one.address}): the credential {name!r} is missing"
        for one in settings.connections()
        for name in ingest_module(one.channel, one.provider).CREDENTIALS
        if not one.credentials.get(name)
    ]
    if lacking:
        raise SettingsInvalid("\n".join(lacking))


def several_processes(ports: LivePorts) -> LivePorts:
    """A process that is only a part of the system needs a broker that reaches the others. Ends with code 2 without."""
    if ports.settings.endpoints.in_one_process:
        typer.echo(
            "TROMBONE_BROKER_URL is not set: a single worker talks to the others through RabbitMQ. "
            "The whole system in one process is `trombone all`.",
            err=True,
        )
        sys.exit(INVALID_SETTINGS)
    return ports
