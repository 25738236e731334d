"""Dead letters for people: list, show, replay, purge."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from workers.commands.starting import INVALID_SETTINGS, ready_to_answer
from workers.commands.terminal import harmless, print_table

if TYPE_CHECKING:
    from workers.runtime.assemble import LivePorts
    from workers.runtime.dead_letter import DeadLetter
    from workers.runtime.dead_letters import DeadLetters

IN_ONE_PROCESS = (
    "A system in one process has no queues of dead letters (TROMBONE_BROKER_URL is not set). What died stands in its "
    "record: `trombone audit` counts it as failed, with the reason `dead_lettered`, and `trombone explain MESSAGE` "
    "tells what happened to it."
)

app = typer.Typer()
dead = typer.Typer(help="Dead letters: list, show, replay, purge.", no_args_is_help=True)
app.add_typer(dead, name="dead")

Queue = Annotated[str, typer.Argument(help="The queue they died in, for example fetch.sms.")]
Message = Annotated[str, typer.Argument(help="The id that `trombone dead list` shows.")]
Some = Annotated[list[str] | None, typer.Option("--message", help="Only this one; may be repeated.")]
Reason = Annotated[str | None, typer.Option(help="Only those with this reason.")]
Account = Annotated[str | None, typer.Option(help="Only this account's.")]
OlderThan = Annotated[float | None, typer.Option(min=0, help="Only what died more than so many hours ago.")]
NewerThan = Annotated[float | None, typer.Option(min=0, help="Only what died less than so many hours ago.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only list what would be meant.")]


@dead.command(name="list")
def list_letters(
    queue: Annotated[str | None, typer.Argument(help="Only this queue's.")] = None,
    reason: Reason = None,
    account: Account = None,
    older_than: OlderThan = None,
    newer_than: NewerThan = None,
) -> None:
    """Count dead letters per queue, or list those of one queue, oldest first."""
    ports = ready_to_answer()
    if ports.settings.endpoints.in_one_process:
        typer.echo(IN_ONE_PROCESS)
        return
    with _letters(ports) as letters:
        if queue is None:
            rows = [(name, str(depth)) for name, depth in letters.depths(_queues(ports)).items() if depth]
            print_table(("queue", "dead letters"), rows)
        else:
            _print(letters.list(queue, _wanted(ports, None, reason, account, older_than, newer_than)))


@dead.command()
def show(queue: Queue, message: Message) -> None:
    """Print one dead letter: why and when it died, its headers, its body, and the traceback."""
    ports = ready_to_answer()
    with _letters(ports) as letters:
        letter = letters.show(queue, message)
    if letter is None:
        typer.echo(f"No dead letter {message} in {queue}.", err=True)
        raise typer.Exit(1)
    print_table(("", ""), list(_facts(letter)))
    print_table(("header", "value"), [(name, str(value)) for name, value in letter.headers.items()])
    typer.echo(harmless(letter.body.decode("utf-8", "replace")))
    if report := _report(ports, letter):
        typer.echo(f"\n{harmless(report)}")


@dead.command()
def replay(
    queue: Queue,
    messages: Some = None,
    reason: Reason = None,
    account: Account = None,
    older_than: OlderThan = None,
    newer_than: NewerThan = None,
    per_second: Annotated[float | None, typer.Option(min=0.01, help="No faster than this.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Send dead letters back to the one queue they died in, each once. Workers may be running."""
    ports = ready_to_answer()
    wanted = _wanted(ports, messages, reason, account, older_than, newer_than)
    with _letters(ports) as letters:
        if dry_run:
            _print(letters.list(queue, wanted))
            return
        count = letters.replay(queue, wanted, per_second=per_second)
    typer.echo(f"{count} replayed")
    raise typer.Exit(0 if count or not messages else 1)


@dead.command()
def purge(
    queue: Queue,
    messages: Some = None,
    reason: Reason = None,
    account: Account = None,
    older_than: OlderThan = None,
    newer_than: NewerThan = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Throw dead letters of a queue away."""
    ports = ready_to_answer()
    wanted = _wanted(ports, messages, reason, account, older_than, newer_than)
    if not dry_run and not yes:
        typer.confirm(f"Throw away dead letters of {queue}?", abort=True)
    with _letters(ports) as letters:
        if dry_run:
            _print(letters.list(queue, wanted))
            return
        typer.echo(f"{letters.purge(queue, wanted)} thrown away")


def _wanted(
    ports: "LivePorts",
    messages: Sequence[str] | None,
    reason: str | None,
    account: str | None,
    older_than: float | None,
    newer_than: float | None,
) -> "Callable[[DeadLetter], bool]":
    """What nobody dated is neither older nor newer than anything."""
    now = ports.clock.now()

    def fits(letter: "DeadLetter") -> bool:
        died = letter.died_at
        return (
            (not messages or letter.message_id in messages)
            and reason in (None, letter.reason)
            and account in (None, letter.account)
            and (older_than is None or (died is not None and now - died > timedelta(hours=older_than)))
            and (newer_than is None or (died is not None and now - died < timedelta(hours=newer_than)))
        )

    return fits


def _print(letters: Sequence["DeadLetter"]) -> None:
    print_table(
        ("message", "type", "account", "died", "tries", "reason", "worker", "error"),
        [
            (
                one.message_id or "-",
                one.type or "-",
                one.account or "-",
                _moment(one.died_at),
                str(one.attempts + 1),
                one.reason or "-",
                one.worker or "-",
                (one.error or "-")[:80],
            )
            for one in letters
        ],
    )


def _facts(letter: "DeadLetter") -> Iterator[tuple[str, str]]:
    yield "reason", letter.reason or "-"
    yield "error", letter.error or "-"
    yield "worker", letter.worker or "-"
    yield "tries", str(letter.attempts + 1)
    yield "first failure", _moment(letter.first_seen_at)
    yield "last failure", _moment(letter.died_at)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(" ", "seconds") if moment else "-"


def _report(ports: "LivePorts", letter: "DeadLetter") -> str | None:
    """The traceback, where a worker could keep one."""
    from schemas.object_keys import dead_letter
    from workers.runtime.objects import KeyNotAllowed, ObjectMissing, StoreUnavailable

    if not letter.account or not letter.message_id:
        return None
    try:
        with ports.store.read(dead_letter(letter.account, letter.message_id)) as kept:
            return b"".join(kept).decode("utf-8", "replace")
    except (ObjectMissing, StoreUnavailable, KeyNotAllowed):
        return None


def _letters(ports: "LivePorts") -> "DeadLetters":
    """Connects. What pika logs about a broker that is away is said in one sentence instead."""
    from workers.runtime.dead_letters import DeadLetters

    if ports.settings.endpoints.in_one_process:
        typer.echo(IN_ONE_PROCESS, err=True)
        raise typer.Exit(INVALID_SETTINGS)
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    return DeadLetters(ports.settings.endpoints.broker_url.get_secret_value())


def _queues(ports: "LivePorts") -> Sequence[str]:
    from workers.commands.stages import work_queues

    return work_queues(ports.settings)
