"""What an entry says about where a file, or the message as a whole, has got to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from schemas import identity
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.event import EventData
from schemas.media_fitted import MediaFitted
from schemas.media_received import MediaReceived
from schemas.media_rejected import MediaRejected
from schemas.media_stored import MediaStored
from schemas.media_validated import MediaValidated
from schemas.message_received import MessageReceived
from schemas.reason import Reason
from schemas.reply_requested import ReplyRequested
from schemas.thumbnails_rendered import ThumbnailsRendered
from workers.runtime.fold.entry import Entry

WHOLE = ""
"""Stands for the message itself, where attachments are named by their ids."""


class Step(NamedTuple):
    """How far a file has come (`rank`), and the worker that owes the next step, inbound and outbound."""

    rank: int
    state: str
    inbound: str | None
    outbound: str | None


STEPS: Mapping[type[EventData], Step] = {
    MessageReceived: Step(0, "announced", "ingestor", None),
    ReplyRequested: Step(0, "announced", None, "ingestor"),
    AttachmentsAnnounced: Step(10, "announced", "fetcher", "fetcher"),
    MediaReceived: Step(20, "received", "validator", "validator"),
    MediaValidated: Step(30, "validated", "storer", "storer"),
    MediaStored: Step(40, "stored", "thumbnailer", "fitter"),
    MediaFitted: Step(50, "fitted", None, "deliverer"),
}
DEAD_LETTER = 5
"""A dead letter ends what it holds, unless the worker got further after all (a replay): it ranks half a step higher."""
REFUSED_INBOUND = 39
"""Just below stored: one run refused it and another one stored it, so it can be shown."""
SHOWN = 46
RENDERED_OUTBOUND = 39
"""It tells that the file is stored, but it is the stored event that leads on."""
REFUSED_OUTBOUND = 58
"""Stored means little outbound: the fitter may still refuse. Only a delivery proves a refusal wrong."""
COMPANION = 57
PART = 60
"""Whatever became of the file's part outranks all before it."""

RENDERED_KINDS = {"image", "video"}
"""Kinds that have a preview to wait for before they count as shown."""

UNDELIVERABLE = "This could not be worked on and was set aside. An operator has to look at it."


@dataclass(frozen=True, slots=True)
class Mark:
    """`owes` is the worker of the next step; None is an end."""

    rank: int
    state: str
    entry: Entry | None
    owes: str | None = None
    reason: Reason | None = None


def marks_of(entry: Entry) -> Iterator[tuple[str, Mark]]:
    """Pairs of an attachment's id (or WHOLE) and what the entry says of it."""
    data = entry.event.data
    if isinstance(data, MediaRejected):
        yield from _refusals(entry, data)
    elif isinstance(data, ThumbnailsRendered):
        shown = Mark(SHOWN, "shown", entry)
        stored = Mark(RENDERED_OUTBOUND, "stored", entry, "fitter")
        yield from ((one.id, shown if data.direction == "inbound" else stored) for one in data.attachments)
    elif step := STEPS.get(type(data)):
        yield from _steps(entry, step)


def best(marks: list[Mark]) -> Mark:
    """The first of the highest rank."""
    return max(marks, key=lambda mark: mark.rank)


def targets(entry: Entry) -> list[str]:
    """The ids of the event's attachments, and WHOLE."""
    data = entry.event.data
    if isinstance(data, MessageReceived):
        message = identity.inbound_message_id(data.account, data.channel, data.external_id)
    elif isinstance(data, ReplyRequested):
        message = identity.root_id(entry.event.account, entry.event.source, entry.event.id)
    else:
        return [WHOLE, *(one.id for one in getattr(data, "attachments", ()))]
    return [WHOLE, *(identity.attachment_id(message, index) for index in range(len(data.files)))]


def _steps(entry: Entry, step: Step) -> Iterator[tuple[str, Mark]]:
    owes = step.inbound if entry.event.data.direction == "inbound" else step.outbound
    for target in targets(entry):
        yield target, Mark(step.rank, step.state, entry, owes)
    for target in _without_preview(entry):
        yield target, Mark(step.rank + 1, "shown", entry)
    if entry.how == "dead":
        for target in targets(entry):
            yield from ((target, mark) for mark in _dead(entry, step))


def _without_preview(entry: Entry) -> list[str]:
    data = entry.event.data
    if not isinstance(data, MediaStored) or data.direction == "outbound":
        return []
    return [one.id for one in data.attachments if one.kind not in RENDERED_KINDS]


def _dead(entry: Entry, step: Step) -> Iterator[Mark]:
    if isinstance(entry.event.data, MediaStored):
        if entry.event.data.direction == "inbound":
            yield Mark(step.rank + DEAD_LETTER, "shown", entry)  # only its preview failed
            return
        if entry.worker == "thumbnailer":
            return
    reason = Reason(code="dead_lettered", sentence=UNDELIVERABLE, provider_text=entry.code)
    yield Mark(step.rank + DEAD_LETTER, "failed", entry, reason=reason)


def _refusals(entry: Entry, data: MediaRejected) -> Iterator[tuple[str, Mark]]:
    rank = REFUSED_INBOUND if data.direction == "inbound" else REFUSED_OUTBOUND
    for one in data.attachments:
        yield one.id, Mark(rank, "refused", entry, reason=one.reason)
    if data.reply_refused:
        yield WHOLE, Mark(rank, "refused", entry, reason=data.reason)
