"""
Execute the plan of a delivery, part by part, each at most once, and listen to what became of the parts.

consumes  attachments_announced, media_rejected, media_fitted, delivery_reported, doubt_resolved
emits     delivery_completed, delivery_failed, delivery_in_doubt
"""

from collections.abc import Sequence

from schemas.attachments_announced import AttachmentsAnnounced
from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from schemas.delivery_in_doubt import DeliveryInDoubt
from schemas.delivery_reported import DeliveryReported
from schemas.doubt_resolved import DoubtResolved
from schemas.event import AnyEvent, Event, EventData
from schemas.media_fitted import MediaFitted
from schemas.media_rejected import MediaRejected
from schemas.message import carry
from schemas.reason import Reason
from workers.executing import execute, in_doubt
from workers.hearing import PART_UNKNOWN, hear, resolve
from workers.runtime.outcome import Poison, Wait
from workers.runtime.ports import Ports
from workers.runtime.worker import Worker
from workers.taking_turns import end_turn, turn_of, wait_for_turn


def note_turn(event: Event[AttachmentsAnnounced], ports: Ports) -> Sequence[EventData]:
    """Long before a reply is ready it has its place, so that a quick one after it does not overtake."""
    ports.turns.note(turn_of(event.data, ports))
    return []


def give_turn_up(event: Event[MediaRejected], ports: Ports) -> Sequence[EventData]:
    """A reply that was refused as a whole holds up nobody."""
    if event.data.reply_refused:
        ports.turns.end(turn_of(event.data, ports))
    return []


def deliver(event: Event[MediaFitted], ports: Ports) -> Sequence[EventData]:
    plan = event.data
    turn = turn_of(plan, ports)
    wait_for_turn(turn, plan, ports)
    try:
        outcome = execute(plan, ports)
    except Wait:
        ports.turns.keep(turn)
        raise
    end_turn(turn, ports)
    return outcome


def give_up(event: AnyEvent, reason: Reason, guilty: str | None) -> Sequence[EventData]:  # noqa: ARG001
    """
    The database could not be asked for too long.

    Nobody knows what left of a plan: an agent has to look. A turn that was not noted costs no more than the order, and
    a report without its part no more than a doubt that an agent sees anyway; one that asks for links is set aside.
    """
    match event.data:
        case MediaFitted() as plan:
            parts = [in_doubt(part, 0, reason) for part in plan.parts]
            return [carry(plan, DeliveryInDoubt, parts=parts, reason=reason)]
        case AttachmentsAnnounced() | MediaRejected():
            return []
        case DeliveryReported(falls_back=asks_for_links) if not asks_for_links or reason.code == PART_UNKNOWN:
            return []
    raise Poison(reason.code, reason.sentence)


worker = Worker(
    name="deliverer",
    queues="deliver.<channel>",
    handlers={
        AttachmentsAnnounced: note_turn,
        MediaRejected: give_turn_up,
        MediaFitted: deliver,
        DeliveryReported: hear,
        DoubtResolved: resolve,
    },
    emits=(DeliveryCompleted, DeliveryFailed, DeliveryInDoubt),
    ending=give_up,
    direction="outbound",
    upstream=(DoubtResolved,),
)
