"""The `trombone` command."""

import sys

import typer

from workers.commands import dead_letters, operating, preflighting, quarantine, running, sending, webhooks

ROOMS = (running, operating, dead_letters, quarantine, sending, preflighting, webhooks)

app = typer.Typer(
    help="Trombone: images and files between customers and agents, both ways.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for room in ROOMS:
    app.registered_commands += room.app.registered_commands
    app.registered_groups += room.app.registered_groups


def main() -> None:
    """What the runtime foresaw is told in one sentence; anything else is a bug, with its traceback."""
    try:
        app()
    except Exception as error:
        if not hasattr(error, "retryable"):
            raise
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
