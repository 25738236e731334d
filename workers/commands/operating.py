"""Commands for operators: the books, one message's life, dead letters, checks, keys."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workers.commands.starting import ready

if TYPE_CHECKING:
    from workers.runtime.assemble import LivePorts
    from workers.runtime.dead_letters import DeadLetters

app = typer.Typer()
dead = typer.Typer(help="Dead letters: list, show, replay, purge.", no_args_is_help=True)
app.add_typer(dead, name="dead")
out = Console()

Queue = Annotated[str, typer.Argument(help="The queue they died in, for example fetch.sms.")]
Message = Annotated[str, typer.Argument(help="The id that `trombone dead list` shows.")]


@app.command()
def audit(account: Annotated[str | None, typer.Option(help="Only this account.")] = None) -> None:
    """Show the books: received = all the visible ends + in flight. Exits 1 when anything is overdue."""
    from workers.commands.books import print_books

    raise typer.Exit(print_books(ready(), account, out))


@app.command()
def explain(message: Annotated[str, typer.Argument(help="A message's id.")]) -> None:
    """Tell one message's whole life: every event, retry, conversion and provider answer, with times."""
    from workers.commands.timeline import print_timeline

    raise typer.Exit(print_timeline(ready(), message, out))


@app.command()
def migrate() -> None:
    """Create or upgrade the database's tables. Safe to repeat, and to run from several places at once."""
    ready().database.migrate()


@app.command()
def check() -> None:
    """Check the settings, that every event has somebody who consumes it, and which files can be looked into."""
    from workers.commands.checking import look

    found = look(ready())
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


@dead.command(name="list")
def list_letters(queue: Annotated[str | None, typer.Argument(help="Only this queue's.")] = None) -> None:
    """Count dead letters per queue, or list those of one queue, oldest first."""
    ports = ready()
    with _letters(ports) as letters:
        if queue is None:
            rows = [(name, str(depth)) for name, depth in letters.depths(_queues(ports.settings)).items() if depth]
            _print_table(("queue", "dead letters"), rows)
        else:
            found = letters.list(queue)
            _print_table(
                ("message", "type", "reason", "worker", "error"),
                [
                    (
                        one.message_id or "-",
                        one.type or "-",
                        one.reason or "-",
                        str(one.headers.get("x-worker", "-")),
                        str(one.headers.get("x-error", "-"))[:80],
                    )
                    for one in found
                ],
            )


@dead.command()
def show(queue: Queue, message: Message) -> None:
    """Print one dead letter: its headers and its body."""
    with _letters(ready()) as letters:
        letter = letters.show(queue, message)
    if letter is None:
        typer.echo(f"No dead letter {message} in {queue}.", err=True)
        raise typer.Exit(1)
    _print_table(("header", "value"), [(name, str(value)) for name, value in letter.headers.items()])
    typer.echo(harmless(letter.body.decode("utf-8", "replace")))


@dead.command()
def replay(
    queue: Queue,
    message: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
) -> None:
    """Send dead letters back to the one queue they died in, each once."""
    with _letters(ready()) as letters:
        count = letters.replay(queue, message)
    typer.echo(f"{count} replayed")
    raise typer.Exit(0 if count or not message else 1)


@dead.command()
def purge(
    queue: Queue,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Throw all dead letters of a queue away."""
    if not yes:
        typer.confirm(f"Throw away all dead letters of {queue}?", abort=True)
    with _letters(ready()) as letters:
        typer.echo(f"{letters.purge(queue)} thrown away")


def _letters(ports: "LivePorts") -> "DeadLetters":
    """Connects. What pika logs about a broker that is away is said in one sentence instead."""
    from workers.runtime.dead_letters import DeadLetters

    url = ports.settings.endpoints.broker_url.get_secret_value()
    if url.startswith("memory:"):
        typer.echo("A system in memory has no dead letters to operate; `trombone explain` tells of them.", err=True)
        raise typer.Exit(1)
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    return DeadLetters(url)


def _queues(settings: object) -> Sequence[str]:
    from workers.commands.stages import work_queues

    return work_queues(settings)  # type: ignore[arg-type]


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*(Text(harmless(cell)) for cell in row))
    out.print(table)


def harmless(text: str) -> str:
    """What strangers wrote, for a terminal: control characters are shown, not obeyed."""
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
