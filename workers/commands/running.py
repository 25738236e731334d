"""Commands that run: one worker, the gateway, or all of it in one process."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from threading import Event as Flag
from typing import Annotated

import typer

from workers.commands.starting import ready, several_processes
from workers.runtime.process import leave

app = typer.Typer()
Photo = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A photo of yours.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


@app.command()
def worker(
    name: Annotated[str, typer.Argument(help="ingestor, fetcher, validator, storer, thumbnailer, fitter, …")],
    channel: Annotated[str | None, typer.Option(help="Only this channel's queue.")] = None,
) -> None:
    """Run one worker until SIGTERM. Start more of them to scale."""
    from workers.commands.stages import assignment, topology
    from workers.runtime.process import run_together

    ports, stop = ready(), Flag()
    stage = assignment(name, ports, stop, channel)
    several_processes(ports)
    leave(run_together([stage], ports.broker, topology=topology(ports.settings), stop=stop))


@app.command()
def auditor() -> None:
    """Keep the books, and finish what was left lying: unpublished intake, overdue work."""
    from workers.commands.embedded import audit_until_stopped

    leave(audit_until_stopped(several_processes(ready())))


@app.command()
def notifier() -> None:
    """Tell helpdesks over signed webhooks what changed. Of several, one serves each endpoint."""
    from workers.commands.notifying import notify_until_stopped

    leave(notify_until_stopped(several_processes(ready())))


@app.command()
def gateway(host: Host = "127.0.0.1", port: Port = 8080) -> None:
    """Run the HTTP door: webhooks, API, visitors, media."""
    from workers.commands.embedded import serve_gateway

    leave(serve_gateway(several_processes(ready()), host, port))


@app.command()
def mailroom(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the SMTP door.")] = 2525,
    lmtp_port: Annotated[int | None, typer.Option(help="Port of an LMTP door, for a mail server in front.")] = None,
    certificate: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="For STARTTLS (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Its private key (PEM).")] = None,
) -> None:
    """Run the mail doors: an SMTP receiver, and a poller for each mailbox that is read over IMAP."""
    from workers.commands.mailing import serve_mailroom
    from workers.mailroom.running import Listening, offered

    listening = Listening(host, port, lmtp_port, offered(certificate, key))
    leave(serve_mailroom(several_processes(ready()), listening))


@app.command(name="all")
def everything(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    mail_port: Annotated[int | None, typer.Option(help="Port of an SMTP door; without one mail comes by IMAP.")] = None,
) -> None:
    """Run the whole system in this process; without settings on memory, a folder and SQLite."""
    from workers.commands.embedded import Embedded
    from workers.gateway.serving import listen
    from workers.mailroom.running import Listening

    os.environ.setdefault("TROMBONE_PUBLIC_URL", reachable(host, port))
    with Embedded(ready(), listen(host, port), Listening(host, mail_port)) as system:
        typer.echo(f"Trombone listens on http://{host}:{port}", err=True)
        for line in first_steps(system.ports.settings.accounts, system.page_url):
            typer.echo(line, err=True)
        system.wait()
    leave(system.exit_code)


def first_steps(accounts: Collection[str], page_url: Callable[[str], str | None]) -> Iterator[str]:
    """Where to look, or what to do before there is something to see."""
    if not accounts:
        yield (
            "No account is connected, so nothing can come in yet. Copy config/accounts.example.yaml to accounts.yaml "
            "in a folder of yours, make a key for it with `trombone key NAME`, and start again with "
            "TROMBONE_CONFIG=FOLDER. `trombone demo --stay` shows a system with everything."
        )
    for account in accounts:
        url = page_url(account)
        yield (
            f"The page of {account}, signed in, opens once with: {url}"
            if url
            else f"{account} has no API key that may read, so nobody sees its tickets: `trombone key NAME` makes one."
        )


def reachable(host: str, port: int) -> str:
    """The address at which this machine itself reaches what listens there: `0.0.0.0` is no address to call."""
    with suppress(ValueError):
        address = ip_address(host)
        host = "127.0.0.1" if address.is_unspecified else f"[{host}]" if address.version == 6 else host
    return f"http://{host}:{port}"


@app.command()
def demo(
    photo: Photo = None,
    keep: Annotated[Path, typer.Option(help="Folder that keeps everything.")] = Path("demo-output"),
    amqp: Annotated[str | None, typer.Option(help="A RabbitMQ to run on.")] = None,
    s3: Annotated[str | None, typer.Option(help="An object store: s3://key:secret@host:port/bucket.")] = None,
    sql: Annotated[str | None, typer.Option(help="A database: postgresql+psycopg://…")] = None,
    stay: Annotated[bool, typer.Option("--stay", help="Go on after the scenes, with a page to try it on.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Every message's timeline, not only some.")] = False,
) -> None:
    """See photos travel both ways, checked; on memory, a folder and SQLite unless told otherwise."""
    from workers.demo.show import run
    from workers.demo.world import Services

    leave(run(photo, keep, Services(amqp, s3, sql), stay=stay, verbose=verbose))
