"""`trombone check`: what is wrong before anybody notices. The settings themselves were checked on the way here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from thumbnails.orders import Abilities, AbilitiesParams, Ability
from workers import roster
from workers.commands.stages import topology
from workers.runtime.assemble import LivePorts
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.decoding import DecoderUnavailable, ForkDecoder
from workers.runtime.notices import Notices
from workers.runtime.objects import ObjectMissing, StoreUnavailable
from workers.runtime.operating import OperatorFailed
from workers.runtime.scanning import ScannerUnavailable
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
from workers.runtime.workdir import workdir

DIRECTIONS = ("inbound", "outbound")
SENTENCES = {
    EVENT_UNCONSUMED: "is emitted, but no worker's queue takes it",
    EXCHANGE_MISSING: "does not exist on the broker; any worker makes it at its start",
    QUEUE_MISSING: "does not exist on the broker; any worker makes it at its start",
    QUEUE_UNCONSUMED: "has no worker that consumes it",
}


@dataclass(frozen=True)
class Findings:
    """One sentence each. No problem means that all is well; notes are good to know, and no fault."""

    problems: list[str]
    notes: list[str]


def look(ports: LivePorts) -> Findings:
    problems = [*_events(ports), *_store(ports), *_database(ports), *_broker(ports), *_webhooks(ports)]
    notes = []
    try:
        notes.append(_scanner(ports))
    except ScannerUnavailable as error:
        problems.append(f"The virus scanner does not answer: {error}")
    try:
        notes += _decoders(*_abilities(ports))
    except DecoderUnavailable as error:
        return Findings([*problems, f"Files cannot be decoded: {error}"], [])
    return Findings(problems, notes)


def _scanner(ports: LivePorts) -> str:
    """Raises ScannerUnavailable."""
    if ports.scan is None:
        return "Files are not scanned for viruses: TROMBONE_CLAMD_URL is not set."
    return f"Files are scanned for viruses by {ports.scan.version()}."


def _decoders(found: Sequence[Ability], refused: Sequence[str]) -> Iterator[str]:
    there = ", ".join(f"{one.name} ({one.version})" for one in found if one.version)
    yield f"Decoders: {there}."
    yield from (f"{one.name} is missing: {one.lost}." for one in found if not one.version)
    yield from (f"The machine refuses a {kind}: a broken decoder is locked in less well." for kind in refused)


def _events(ports: LivePorts) -> Iterator[str]:
    """What only the record takes (an end, such as an inbound `media_rejected`) is consumed by nobody on purpose."""
    keys = {
        event_key(event.event_type, ports.codec.emitted_version(event.event_type), direction, channel, lane)
        for worker in roster.everyone()
        for event in worker.handlers
        for direction in (DIRECTIONS if worker.direction == "*" else (worker.direction,))
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


def _webhooks(ports: LivePorts) -> Iterator[str]:
    """Those of the settings that are switched off; a database that is away was told."""
    mine = {(one.account, one.webhook) for one in ports.settings.subscribers()}
    try:
        standings = Notices(ports.database, ports.clock).standings() if mine else []
    except DatabaseUnavailable:
        return
    for one in standings:
        if one.disabled_at and (one.account, one.webhook) in mine:
            yield (
                f"The webhook {one.webhook} of {one.account} is disabled since {one.disabled_at:%Y-%m-%d %H:%M} "
                f"({one.problem}): `trombone webhooks enable {one.account} {one.webhook}` goes on"
            )


def _abilities(ports: LivePorts) -> tuple[list[Ability], tuple[str, ...]]:
    """Asked of a confined child, as every file is; and the kinds of confinement that this machine refuses."""
    with ForkDecoder(ports.settings.media.decode) as decoder, workdir() as folder:
        source = folder / "source"
        source.touch()
        answer = decoder.run(
            "thumbnails.jobs:abilities", AbilitiesParams(), source=source, workdir=folder, returns=Abilities
        )
        return answer.found, decoder.start().without


def _broker(ports: LivePorts) -> Iterator[str]:
    endpoints = ports.settings.endpoints
    if endpoints.in_one_process:
        return
    try:
        found = missing_on_broker(endpoints.broker_url.get_secret_value(), topology(ports.settings))
    except OperatorFailed as error:
        yield f"The broker does not answer: {error}"
        return
    yield from (_sentence(problem) for problem in found)


def _sentence(problem: Problem) -> str:
    waiting = f"; {problem.waiting} messages wait" if problem.waiting else ""
    return f"{problem.subject} {SENTENCES[problem.code]}{waiting}"
