"""How much of it: all of it with `make chaos`, a taste of each with `make test`."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Times are in seconds."""

    messages: int
    """That pass while processes are killed."""
    per_second: float
    """Less than two cores can do beside the kills: a message costs about 0.2 CPU seconds in all processes together, a
    process that starts about 2."""
    kill_every: float
    """A small multiple of what a worker needs to start."""
    few: int
    """Messages that pass during each of the other faults."""
    outage: float
    """Longer than a message may be held, where there is time for it: whoever waits it out is found."""
    held: float
    """How long a message may stay in somebody's hands without an ack."""
    mixed: float
    """How long old and new versions of every worker run side by side."""
    broker_kills: int
    slow_bytes_per_second: int
    slow_messages: int
    """Each is about 30 kB of events for the recorder's link."""
    settle: float
    """How long the rest may take once everything is well again."""
    deadline: int
    """What is overdue is published again after so long; shorter than the backlog it would only add to it."""
    ladder: tuple[float, ...]
    """Its sum outlives an outage."""


FULL = Sizes(
    messages=5000,
    per_second=5,
    kill_every=5,
    few=60,
    outage=70,
    held=60,
    mixed=30,
    broker_kills=3,
    slow_bytes_per_second=1000,
    slow_messages=4,
    settle=900,
    deadline=30,
    ladder=(1, 1, 2, 5, 5, 10, 10, 30, 30, 30),
)
SHORT = Sizes(
    messages=60,
    per_second=6,
    kill_every=2,
    few=10,
    outage=3,
    held=20,
    mixed=3,
    broker_kills=1,
    slow_bytes_per_second=20_000,
    slow_messages=6,
    settle=90,
    deadline=15,
    ladder=(1, 1, 1, 2, 2, 2, 5, 5),
)
SIZES = FULL if os.environ.get("TROMBONE_CHAOS") == "full" else SHORT
