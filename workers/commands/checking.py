"""`trombone check`: what is wrong before anybody notices. The settings themselves were checked on the way here."""

from collections.abc import Iterator

from workers import roster
from workers.commands.stages import topology
from workers.runtime.assemble import LivePorts
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.dead_letters import OperatorFailed
from workers.runtime.objects import ObjectMissing, StoreUnavailable
from workers.runtime.topology import EVENTS, LANES, RECORD, Binding, event_key
from workers.runtime.topology_check import (
    EVENT_UNCONSUMED,
    EXCHANGE_MISSING,
    QUEUE_MISSING,
    QUEUE_UNCONSUMED,
    Problem,
    missing_on_broker,
    unconsumed_events,
)

SENTENCES = {
    EVENT_UNCONSUMED: "is emitted, but no worker's queue takes it",
    EXCHANGE_MISSING: "does not exist on the broker; any worker makes it at its start",
    QUEUE_MISSING: "does not exist on the broker; any worker makes it at its start",
    QUEUE_UNCONSUMED: "has no worker that consumes it",
}


def problems(ports: LivePorts) -> list[str]:
    """One sentence each; none means that all is well."""
    return [*_events(ports), *_store(ports), *_database(ports), *_broker(ports)]


def _events(ports: LivePorts) -> Iterator[str]:
    """What only the record takes (an end, such as `media_rejected`) is consumed by nobody on purpose."""
    keys = {
        event_key(event.event_type, ports.codec.emitted_version(event.event_type), direction, channel, lane)
        for worker in roster.everyone()
        for event in worker.handlers
        for direction in ("inbound", "outbound")
        for channel in ports.settings.channels
        for lane in LANES
    }
    found = unconsumed_events(
        topology(ports.settings), [Binding(EVENTS, key) for key in sorted(keys)], ignoring={RECORD}
    )
    yield from (_sentence(problem) for problem in found)


def _store(ports: LivePorts) -> Iterator[str]:
    try:
        ports.store.head("check/nothing")
    except ObjectMissing:
        return
    except StoreUnavailable as error:
        yield f"The object store does not answer: {error}"


def _database(ports: LivePorts) -> Iterator[str]:
    try:
        ports.record.conversations("", limit=1)
    except DatabaseUnavailable as error:
        yield f"The database does not answer: {error}"


def _broker(ports: LivePorts) -> Iterator[str]:
    url = ports.settings.endpoints.broker_url.get_secret_value()
    if url.startswith("memory:"):
        return
    try:
        found = missing_on_broker(url, topology(ports.settings))
    except OperatorFailed as error:
        yield f"The broker does not answer: {error}"
        return
    yield from (_sentence(problem) for problem in found)


def _sentence(problem: Problem) -> str:
    waiting = f"; {problem.waiting} messages wait" if problem.waiting else ""
    return f"{problem.subject} {SENTENCES[problem.code]}{waiting}"
