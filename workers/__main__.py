"""The `trombone` command."""

import sys

import typer

from workers.commands import dead_letters, operating, preflighting, running, sending, webhooks

app = typer.Typer(
    help="Trombone: images and files between customers and agents, both ways.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for commands in (running.app, operating.app, dead_letters.app, sending.app, preflighting.app, webhooks.app):
    app.registered_commands += commands.registered_commands
    app.registered_groups += commands.registered_groups


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
