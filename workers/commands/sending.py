"""`trombone send`: an agent's Send button on the command line."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from workers.commands.helpdesk import GatewayRefused, Helpdesk

app = typer.Typer()


@app.command()
def send(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Files to send.")],
    channel: Annotated[str, typer.Option(help="sms, webchat, …")],
    to: Annotated[str, typer.Option(help="The customer's address on the channel.")],
    caption: Annotated[str | None, typer.Option(help="Words that go with the files.")] = None,
    url: Annotated[str, typer.Option(envvar="TROMBONE_PUBLIC_URL", help="The gateway.")] = "http://127.0.0.1:8080",
    key: Annotated[str, typer.Option(envvar="TROMBONE_SECRET_API_KEY", help="An API key.")] = "",
) -> None:
    """Send files as an agent would."""
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("begins with http:// or https://", param_hint="--url")
    helpdesk = Helpdesk(url, key)
    try:
        connected = helpdesk.channels()
        if channel not in connected:
            raise typer.BadParameter(
                f"this account is connected to {', '.join(connected) or 'none'}", param_hint="--channel"
            )
        helpdesk.check_may_upload()
        uploads = [(_upload(helpdesk, path), path.name) for path in files]
        answer = helpdesk.reply(channel, to, text=caption, uploads=uploads)
    except GatewayRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from refused
    for warning in answer.get("warnings", ()):
        typer.echo(warning["sentence"], err=True)
    typer.echo(f"message {answer['message']}")


def _upload(helpdesk: Helpdesk, path: Path) -> str:
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(path.name, total=path.stat().st_size)
        return helpdesk.upload(path, lambda size: progress.advance(task, size))
