"""Which stage a name means, and what it consumes."""

from collections.abc import Sequence
from threading import Event as Flag

from workers import roster
from workers.runtime.apart import SetApart
from workers.runtime.assemble import LivePorts
from workers.runtime.process import Assignment
from workers.runtime.settings import Settings
from workers.runtime.stage import EventStage
from workers.runtime.topology import RECORD, UNROUTED_QUEUE, Topology, plan, queues_of, subscriptions_of, with_alone


class NotAWorker(Exception):
    """Raised when nobody has this name, or nobody of this name has a queue of this channel."""

    code = "not_a_worker"
    retryable = False


def assignment(name: str, ports: LivePorts, stop: Flag, channel: str | None = None) -> Assignment:
    """`stop` also ends a stage's own waiting (the recorder's, for its database). Raises NotAWorker."""
    _check(name, channel, ports.settings)
    tuning = ports.settings.queues.workers[name]
    if name == "recorder":
        from workers.recorder import Recorder

        recorder = Recorder(ports.record, ports.settings, roster.everyone(), stop=stop)
        return Assignment(SetApart(recorder, ports.clock), with_alone(RECORD, tuning.prefetch), tuning)
    worker = roster.find(name)
    stage = SetApart(EventStage(worker, ports, codec=ports.codec), ports.clock)
    return Assignment(stage, subscriptions_of(worker, ports.settings, channel), tuning)


def _check(name: str, channel: str | None, settings: Settings) -> None:
    names = (*roster.NAMES, "recorder")
    if name not in names:
        raise NotAWorker(f"There is no worker {name!r}; there are {', '.join(names)}.")
    if name not in settings.queues.workers:
        raise NotAWorker(f"queues.yaml does not say how {name} works.")
    if channel is None:
        return
    if name == "recorder" or "<channel>" not in roster.find(name).queues:
        raise NotAWorker(f"The {name} has no queue of its own for each channel.")
    if channel not in settings.channels:
        raise NotAWorker(f"There is no channel {channel!r}; there are {', '.join(settings.channels)}.")


def topology(settings: Settings) -> Topology:
    return plan(roster.everyone(), settings)


def work_queues(settings: Settings) -> Sequence[str]:
    """Every queue that can have dead letters."""
    return [*(queue for worker in roster.everyone() for queue in queues_of(worker, settings)), RECORD, UNROUTED_QUEUE]
