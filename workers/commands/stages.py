"""Which stage a name means, and what it consumes."""

from collections.abc import Sequence

from workers import roster
from workers.runtime.assemble import LivePorts
from workers.runtime.process import Assignment
from workers.runtime.settings import Settings
from workers.runtime.stage import EventStage
from workers.runtime.topology import Topology, plan, queues_of, subscriptions_of


def assignment(name: str, ports: LivePorts, channel: str | None = None) -> Assignment:
    worker = roster.find(name)
    return Assignment(
        EventStage(worker, ports),
        subscriptions_of(worker, ports.settings, channel),
        ports.settings.queues.workers[name],
    )


def topology(settings: Settings) -> Topology:
    return plan(roster.everyone(), settings)
