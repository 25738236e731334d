"""Every exchange, queue, binding and routing key has its name computed here, and nowhere else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from workers.runtime.broker import Subscription
from workers.runtime.settings import Settings
from workers.runtime.worker import Worker

EVENTS = "trombone"
"""Topic exchange of all events; routing key `<event>.v<N>.<direction>.<channel>.<lane>`."""
UPSTREAM = "trombone.in"
"""The only exchange that upstream systems may write to; routing key `<account>.<event>.v<N>.<channel>`."""
UNROUTED = "trombone.unrouted"
"""Alternate exchange of `trombone.in`: what nobody consumes is dead-lettered with a reason instead of vanishing."""
RETRY = "trombone.retry"
"""Topic exchange into the delay ladder; routing key `<tier>.<queue>`."""
REQUEUE = "trombone.requeue"
"""Where the delay queues let go: routes `<tier>.<queue>` back to that one queue."""
DEAD = "trombone.dead"
"""Topic exchange of dead letters; routing key is the queue's name."""

RECORD = "record"
"""The recorder's queue: every event, retry and dead letter, but never its own retries and dead letters."""
UNROUTED_QUEUE = "unrouted"
"""What upstream systems published under a key that nobody consumes, until a worker dead-letters it with a reason."""

LANES = ("light", "heavy")

ALONE_AFTER = 2
"""So often may a message come back to its queue before it is handled alone."""
_ALONE = ".alone"


@dataclass(frozen=True, slots=True)
class Exchange:
    name: str
    type: str = "topic"
    alternate: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Queue:
    """`ttl_seconds` makes it a delay queue that lets go to `dead_letter_exchange` with the routing key unchanged."""

    name: str
    bindings: Sequence[Binding]
    dead_letter_exchange: str | None = None
    dead_letter_routing_key: str | None = None
    ttl_seconds: float | None = None
    delivery_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Topology:
    exchanges: Sequence[Exchange]
    queues: Sequence[Queue]


def event_key(event_type: str, version: int, direction: str, channel: str, lane: str) -> str:
    return f"{event_type}.v{version}.{direction}.{channel}.{lane}"


def upstream_key(account: str, event_type: str, version: int, channel: str) -> str:
    return f"{account}.{event_type}.v{version}.{channel}"


def dead_queue(queue: str) -> str:
    return f"{queue}.dead"


def alone_queue(queue: str) -> str:
    """Where what came back to this queue too often is handled, one at a time."""
    return f"{queue}{_ALONE}"


def home_queue(queue: str) -> str:
    return queue.removesuffix(_ALONE)


def tier(seconds: float) -> str:
    """One word of a routing key, so without a dot: `30s`, `250ms`."""
    return f"{seconds:.0f}s" if seconds == int(seconds) else f"{seconds * 1000:.0f}ms"


def retry_queue(seconds: float) -> str:
    return f"retry.{tier(seconds)}"


def requeue_key(queue: str) -> str:
    """Into this one queue, as if a delay queue had let go."""
    return f"again.{queue}"


def retry_key(seconds: float, queue: str) -> str:
    return f"{tier(seconds)}.{queue}"


@dataclass(frozen=True, slots=True)
class _Member:
    """One queue of a worker, and what of its events lands there (`*`: all)."""

    name: str
    channel: str = "*"
    lane: str = "*"


def _members(worker: Worker, settings: Settings) -> list[_Member]:
    if "<channel>" in worker.queues:
        return [_Member(worker.queues.replace("<channel>", name), channel=name) for name in settings.channels]
    if "<lane>" in worker.queues:
        return [_Member(worker.queues.replace("<lane>", lane), lane=lane) for lane in LANES]
    return [_Member(worker.queues)]


def queue_for(worker: Worker, settings: Settings, channel: str, lane: str | None) -> str:
    """The worker's queue for an event of this channel and lane (None: it has none, so the light one)."""
    wanted = (channel, lane or LANES[0])
    return next(
        member.name
        for member in _members(worker, settings)
        if member.channel in ("*", wanted[0]) and member.lane in ("*", wanted[1])
    )


def queues_of(worker: Worker, settings: Settings) -> list[str]:
    """The worker's own queues."""
    return [member.name for member in _members(worker, settings)]


def subscriptions_of(worker: Worker, settings: Settings, channel: str | None = None) -> list[Subscription]:
    """
    What a process of this worker consumes, or only its queues of one channel.

    Workers that take events from upstream systems also give a reason to what those sent in vain.
    """
    prefetch = settings.queues.workers[worker.name].prefetch
    names = [member.name for member in _members(worker, settings) if channel in (None, member.channel)]
    unrouted = [Subscription(UNROUTED_QUEUE, prefetch)] if worker.upstream else []
    return [*(one for name in names for one in with_alone(name, prefetch)), *unrouted]


def with_alone(queue: str, prefetch: int) -> list[Subscription]:
    """A work queue, and what was set apart from it, of which a process holds one at a time."""
    return [Subscription(queue, prefetch), Subscription(alone_queue(queue), 1)]


def plan(workers: Sequence[Worker], settings: Settings) -> Topology:
    """All that must exist for these workers, their retries, their dead letters and the record."""
    work = [_work_queue(worker, member) for worker in workers for member in _members(worker, settings)]
    record = _consumed(RECORD, list(_record_bindings(work)))
    unrouted = replace(
        _consumed(UNROUTED_QUEUE, [Binding(UNROUTED, "#")]), delivery_limit=settings.queues.delivery_limit
    )
    consumed = [*work, record, unrouted]
    return Topology(
        exchanges=[
            Exchange(EVENTS),
            Exchange(UNROUTED),
            Exchange(UPSTREAM, alternate=UNROUTED),
            Exchange(RETRY),
            Exchange(REQUEUE),
            Exchange(DEAD),
        ],
        queues=[
            *[_delay_queue(seconds) for seconds in settings.queues.tiers],
            *[Queue(dead_queue(queue.name), [Binding(DEAD, queue.name)]) for queue in consumed],
            *consumed,
            *[_alone(queue, settings) for queue in (*work, record)],
        ],
    )


def _work_queue(worker: Worker, member: _Member) -> Queue:
    """Bound for all versions: one that is newer than the worker must wait for it, not vanish."""
    events = [
        Binding(EVENTS, f"{data.event_type}.*.{worker.direction}.{member.channel}.{member.lane}")
        for data in worker.handlers
    ]
    upstream = [Binding(UPSTREAM, f"*.{data.event_type}.*.{member.channel}") for data in worker.upstream]
    return _consumed(member.name, [*events, *upstream])


def _consumed(name: str, bindings: Sequence[Binding]) -> Queue:
    """Without a limit: a process that dies would use it up for all that it held."""
    return Queue(
        name,
        [*bindings, Binding(REQUEUE, f"*.{name}")],
        dead_letter_exchange=DEAD,
        dead_letter_routing_key=name,
    )


def _alone(queue: Queue, settings: Settings) -> Queue:
    """Its dead letters are those of the queue that it belongs to; the returns before it count."""
    name = alone_queue(queue.name)
    limit = max(1, settings.queues.delivery_limit - ALONE_AFTER)
    return replace(queue, name=name, bindings=[Binding(REQUEUE, f"*.{name}")], delivery_limit=limit)


def _delay_queue(seconds: float) -> Queue:
    return Queue(
        retry_queue(seconds),
        [Binding(RETRY, f"{tier(seconds)}.#")],
        dead_letter_exchange=REQUEUE,
        ttl_seconds=seconds,
    )


def _record_bindings(work: Sequence[Queue]) -> Iterator[Binding]:
    """
    Retries and dead letters queue by queue, since a `#` would feed the recorder its own; upstream keys as the workers
    consume them, since a `#` would count as a route and hide what nobody consumes.
    """
    yield Binding(EVENTS, "#")
    yield Binding(DEAD, UNROUTED_QUEUE)
    for queue in work:
        yield Binding(RETRY, f"*.{queue.name}")
        yield Binding(DEAD, queue.name)
        yield from (binding for binding in queue.bindings if binding.exchange == UPSTREAM)
