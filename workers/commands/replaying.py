"""`trombone replay`: a stage gets again what it once got."""

import sys
import time
from collections import Counter
from datetime import UTC, datetime

import typer

from workers import roster
from workers.commands.starting import INVALID_SETTINGS, several_processes
from workers.commands.terminal import print_table
from workers.runtime.assemble import LivePorts
from workers.runtime.replaying import Past, again, consumed


def replay_stage(
    ports: LivePorts,
    stage: str,
    since: datetime,
    until: datetime | None,
    account: str | None,
    *,
    per_second: float,
    dry_run: bool,
) -> None:
    """Counts what it published, or would, by account and event. Raises PublishFailed or DatabaseUnavailable."""
    if stage not in roster.NAMES:
        typer.echo(f"There is no worker {stage!r}; there are {', '.join(roster.NAMES)}.", err=True)
        sys.exit(INVALID_SETTINGS)
    worker, run = roster.find(stage), ports.clock.now()
    past = Past(since.replace(tzinfo=UTC), until.replace(tzinfo=UTC) if until else run, account)
    publisher = None if dry_run else several_processes(ports).broker.publisher()
    counts: Counter[tuple[str, str]] = Counter()
    for event in consumed(ports.database, ports.codec, worker, past):
        if publisher:
            publisher.publish(again(event, worker, ports.settings, ports.codec, run))
            time.sleep(1 / per_second)
        counts[event.account, event.data.event_type] += 1
    rows = [(account, name, str(count)) for (account, name), count in sorted(counts.items())]
    print_table(("account", "event", "would run again" if dry_run else "runs again"), rows)
