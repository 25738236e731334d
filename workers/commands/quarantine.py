"""What the virus scanner did not let pass, for people: list, release."""

import getpass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from workers.commands.starting import ready_to_answer
from workers.commands.terminal import print_table

if TYPE_CHECKING:
    from workers.runtime.assemble import LivePorts
    from workers.runtime.quarantined import Held

app = typer.Typer()
quarantine = typer.Typer(help="Files that the virus scanner did not let pass: list, release.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")

Account = Annotated[str | None, typer.Option(help="Only this account's.")]


@quarantine.command(name="list")
def list_held(account: Account = None) -> None:
    """List them, oldest first, as long as they are there: quarantine empties itself by age."""
    ports = ready_to_answer()
    now = ports.clock.now()
    print_table(
        ("attachment", "account", "conversation", "file", "found", "age", "released by"),
        [
            (
                one.attachment.id,
                one.received.account,
                one.received.data.conversation,
                one.attachment.file_name or "-",
                one.reason.provider_text or one.reason.code,
                _age(now - one.refused_at),
                one.released_by or "-",
            )
            for one in _held(ports)
            if account in (None, one.received.account)
        ],
    )


@quarantine.command()
def release(
    attachment: Annotated[str, typer.Argument(help="The id that `trombone quarantine list` shows.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let a file pass although the scanner does not. It is on the record, with your name."""
    from workers.runtime.intake import Duplicate
    from workers.runtime.quarantined import release as released

    ports = ready_to_answer()
    held = next((one for one in _held(ports) if one.attachment.id == attachment), None)
    if held is None:
        typer.echo(f"No file {attachment} is held in quarantine.", err=True)
        raise typer.Exit(1)
    if not yes:
        typer.confirm(f"Let {held.attachment.file_name or attachment} pass, {held.reason.provider_text}?", abort=True)
    event = released(held, getpass.getuser(), ports.clock.now())
    if isinstance(ports.intake.accept(event, ports.codec.encode(event)), Duplicate):
        typer.echo("It was released before.")
        return
    typer.echo(f"Released; the sweep brings it on its way. See trombone explain {held.received.data.message}")


def _held(ports: "LivePorts") -> list["Held"]:
    from workers.runtime.quarantined import Quarantined

    keeps = timedelta(seconds=ports.settings.media.quarantine_keeps_seconds)
    return Quarantined(ports.database, ports.codec, ports.store).held(ports.clock.now() - keeps)


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours // 24} d {hours % 24} h" if hours >= 24 else f"{hours} h {int(age.total_seconds() // 60) % 60} min"
