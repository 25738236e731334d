"""How one event leads to the next: ids, correlation and causation follow from the parent, so a repetition repeats."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from schemas.event import AnyEvent, Event, EventData
from schemas.identity import conversation_id, event_id, root_id
from schemas.message_received import MessageReceived


class ForeignAccount(Exception):
    """Raised when a worker answers an event of one account with one of another; always a bug."""

    code = "foreign_account"
    retryable = False


def subject_of(data: EventData) -> str:
    """`<conversation>/<message>` as far as they are known, else the channel."""
    names = (getattr(data, "conversation", None), getattr(data, "message", None))
    return "/".join(name for name in names if name) or data.channel


def begin(data: EventData, *, id: str, source: str, now: datetime) -> AnyEvent:  # noqa: A002 - CloudEvents' own word
    """A root: nothing here led to it. `source` and `id` together must name the same thing whenever it comes again."""
    return Event(
        id=id,
        source=source,
        time=now,
        account=data.account,
        subject=subject_of(data),
        correlation_id=root_id(data.account, source, id),
        data=data,
    )


def follow(parent: AnyEvent, outputs: Sequence[EventData], *, source: str, now: datetime) -> list[AnyEvent]:
    """Outputs of the same type are told apart by their order, so a worker must give them in a stable one."""
    seen: Counter[str] = Counter()
    events: list[AnyEvent] = []
    for data in outputs:
        if data.account != parent.account:
            raise ForeignAccount(f"{data.event_type} for another account than {parent.account}")
        events.append(_child(parent, data, seen[data.event_type], source, now))
        seen[data.event_type] += 1
    return events


def received_in(event: Event[MessageReceived]) -> str:
    """
    The conversation of a customer's message.

    What our own ingestor derived stands, since only the channel can know a proof of it; a stranger's word does not.
    """
    message = event.data
    derived = conversation_id(message.account, message.channel, message.address, message.contact)
    return message.conversation or derived if event.causation_id else derived


def _child(parent: AnyEvent, data: EventData, index: int, source: str, now: datetime) -> AnyEvent:
    own = getattr(data, data.identified_by) if data.identified_by else None
    return Event(
        id=event_id(own, data.event_type, 0) if own else event_id(_seed(parent), data.event_type, index),
        source=source,
        time=now,
        account=data.account,
        subject=subject_of(data),
        correlation_id=own or parent.correlation_id,
        causation_id=parent.id,
        traceparent=parent.traceparent,
        data=data,
    )


def _seed(parent: AnyEvent) -> str:
    """A root's id is somebody else's word: two upstream systems may both count from 1."""
    return parent.id if parent.causation_id else root_id(parent.account, parent.source, parent.id)
