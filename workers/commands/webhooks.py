"""Webhooks to helpdesks, for operators: how they fare, replay, enable, a new secret."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from workers.commands.starting import ready_to_answer
from workers.commands.terminal import print_table

if TYPE_CHECKING:
    from workers.runtime.assemble import LivePorts
    from workers.runtime.notices import Notices, Standing

app = typer.Typer()
webhooks = typer.Typer(help="Webhooks to helpdesks: list, replay, enable, secret.", no_args_is_help=True)
app.add_typer(webhooks, name="webhooks")

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
Account = Annotated[str, typer.Argument(help="The account.")]
Webhook = Annotated[str, typer.Argument(help="The webhook's id in accounts.yaml.")]


@webhooks.command(name="list")
def list_webhooks() -> None:
    """Show how each endpoint fares, and how many conversations have something that it did not take yet."""
    notices = _notices(ready_to_answer())
    print_table(
        ("account", "webhook", "state", "behind", "given up", "problem"),
        [
            (*_row(one), str(notices.backlog(one.account, one.webhook)), str(one.given_up), one.problem or "")
            for one in notices.standings()
        ],
    )


@webhooks.command()
def replay(
    account: Account,
    webhook: Webhook,
    since: Annotated[datetime, typer.Option(formats=FORMATS, help="From this day or moment (UTC) on.")],
) -> None:
    """Tell again what changed since then, with the same webhook-ids: what was taken already can be dropped."""
    ports = ready_to_answer()
    _known(ports, account, webhook)
    count = _notices(ports).rewind(account, webhook, since.replace(tzinfo=UTC))
    typer.echo(f"{count} conversations changed since then; the notifier tells them again.")


@webhooks.command()
def enable(account: Account, webhook: Webhook) -> None:
    """Go on with an endpoint that was disabled, or do not wait for its next retry."""
    ports = ready_to_answer()
    _known(ports, account, webhook)
    _notices(ports).enable(account, webhook)
    typer.echo("It goes on where it stopped.")


@webhooks.command()
def secret() -> None:
    """Make a secret for a webhook. It is shown once; both sides keep it."""
    from workers.runtime.signatures import new_secret

    typer.echo(new_secret())


def _notices(ports: "LivePorts") -> "Notices":
    from workers.runtime.notices import Notices

    return Notices(ports.database, ports.clock)


def _known(ports: "LivePorts", account: str, webhook: str) -> None:
    if _notices(ports).standing(account, webhook) is None:
        typer.echo(f"The notifier has not met a webhook {webhook} of {account} yet.", err=True)
        raise typer.Exit(1)


def _row(one: "Standing") -> Sequence[str]:
    return one.account, one.webhook, _state(one)


def _state(one: "Standing") -> str:
    if one.disabled_at:
        return f"disabled {one.disabled_at:%Y-%m-%d %H:%M}"
    return f"failing since {one.failing_since:%Y-%m-%d %H:%M}" if one.failing_since else "well"
