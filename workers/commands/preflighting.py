"""`trombone preflight`: what a channel would make of a file, asked on this machine; no gateway, nothing kept."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import json

from ingest.incoming import ChannelAccount
from workers.commands.starting import read_settings
from workers.preflight import Preflight
from workers.runtime import telemetry
from workers.runtime.decoding import ForkDecoder
from workers.runtime.decoding.slow import TRANSCODE
from workers.runtime.settings import Settings

app = typer.Typer()


@app.command()
def preflight(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.")],
    channel: Annotated[str, typer.Option(help="sms, webchat, …")],
    account: Annotated[str | None, typer.Option(help="Whose connection it would leave through.")] = None,
    to: Annotated[str | None, typer.Option(help="The customer's address on the channel.")] = None,
) -> None:
    """Tell what a channel will make of a file: as it is, converted, as a link, or not at all (code 1)."""
    settings = read_settings()
    telemetry.configure("error", telemetry.secrets_in(settings))
    connection = _connection(settings, channel, account)
    with ForkDecoder(settings.media.decode, slow={TRANSCODE: settings.media.transcode}) as decode:
        verdict = Preflight(settings, decode).look(file, connection, to)
    typer.echo(verdict.sentence, err=True)
    typer.echo(json.encode(verdict).decode())
    if verdict.verdict == "refused":
        raise typer.Exit(1)


def _connection(settings: Settings, channel: str, account: str | None) -> ChannelAccount:
    """Without an account that is connected: the channel's first provider, as it is without options."""
    providers = settings.channels.get(channel)
    if not providers:
        raise typer.BadParameter(f"one of {', '.join(settings.channels)}", param_hint="--channel")
    found = [one for one in settings.connections(channel) if account in (None, one.account)]
    if account and not found:
        raise typer.BadParameter(f"{account} has no {channel} connection", param_hint="--account")
    return found[0] if found else ChannelAccount(account or "", channel, next(iter(providers)), "", "")
