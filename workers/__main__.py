"""The `trombone` command."""

import typer

from workers.commands import operating, running, sending

app = typer.Typer(
    help="Trombone: images and files between customers and agents, both ways.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for commands in (running.app, operating.app, sending.app):
    app.registered_commands += commands.registered_commands
    app.registered_groups += commands.registered_groups


def main() -> None:
    app()


if __name__ == "__main__":
    main()
