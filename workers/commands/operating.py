"""Commands for operators: the books, one message's life, checks, keys."""

from datetime import datetime
from typing import Annotated

import typer

from workers.commands.starting import ready_to_answer
from workers.commands.terminal import out

app = typer.Typer()
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@app.command()
def audit(
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what came in from this day (UTC) on.")
    ] = None,
) -> None:
    """Show the books: received = all the visible ends + in flight. Exits 1 when anything is overdue."""
    from workers.commands.books import print_books

    raise typer.Exit(print_books(ready_to_answer(), out, account=account, since=since.date() if since else None))


@app.command()
def explain(message: Annotated[str, typer.Argument(help="A message's id.")]) -> None:
    """Tell one message's whole life: every event, retry, conversion and provider answer, with times."""
    from workers.commands.timeline import print_timeline

    raise typer.Exit(print_timeline(ready_to_answer(), message, out))


@app.command()
def replay(
    stage: Annotated[str, typer.Option(help="The worker that shall run again: ingestor, fetcher, …")],
    since: Annotated[datetime, typer.Option(formats=FORMATS, help="From this day or moment (UTC) on.")],
    until: Annotated[datetime | None, typer.Option(formats=FORMATS, help="Until this day or moment (UTC).")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    per_second: Annotated[float, typer.Option(min=0.01, help="No faster than this.")] = 100,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Run a stage again over recorded events and stored media. What has left is not sent again."""
    from workers.commands.replaying import replay_stage

    replay_stage(ready_to_answer(), stage, since, until, account, per_second=per_second, dry_run=dry_run)


@app.command()
def migrate() -> None:
    """Create or upgrade the database's tables. Safe to repeat, and to run from several places at once."""
    ready_to_answer().database.migrate()


@app.command()
def check() -> None:
    """Check the settings, that every event has somebody who consumes it, and which files can be looked into."""
    from workers.commands.checking import look

    found = look(ready_to_answer())
    for problem in found.problems:
        typer.echo(problem, err=True)
    for note in found.notes:
        typer.echo(note)
    if not found.problems:
        typer.echo("All is well.")
    raise typer.Exit(1 if found.problems else 0)


@app.command()
def key(name: Annotated[str, typer.Argument(help="A name for the key, for example helpdesk.")]) -> None:
    """Make an API key. It is shown once; its digest belongs into accounts.yaml."""
    from workers.gateway.keys import new_key

    secret, digest = new_key(name)
    typer.echo(f"key     {secret}\nsha256  {digest}")
