"""
What was sent and should have been confirmed by now: found in the record, told as an event for each part.

The event's id follows from the part's, so that telling it twice tells it once.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import select

from schemas.delivery import DeliveryEvent, PartOutcome
from schemas.delivery_unconfirmed import DeliveryUnconfirmed
from schemas.event import AnyEvent
from schemas.identity import event_id
from schemas.lineage import follow
from schemas.message import carry
from schemas.reason import Reason
from workers.runtime.record import Record
from workers.runtime.tables import messages

OVERDUE = Reason(
    code="receipt_overdue",
    sentence="It was sent, but nothing says that it arrived. Ask the customer whether it is there.",
)


def unconfirmed(record: Record, now: datetime, limit: int, *, source: str) -> Iterator[AnyEvent]:
    """Of the messages whose receipts are due the longest. Raises DatabaseUnavailable."""
    query = (
        select(messages.c.account, messages.c.message)
        .where(messages.c.confirm_by < now)
        .order_by(messages.c.confirm_by)
        .limit(limit)
    )
    with record.database.read() as connection:
        due = connection.execute(query).all()
    for account, message in due:
        yield from _of_message(record, account, message, now, source)


def _of_message(record: Record, account: str, message: str, now: datetime, source: str) -> Iterator[AnyEvent]:
    """Parts of one message leave together: where the first is due, all that are still without receipt are told."""
    view = record.message(account, message)
    sent = {part.id for part in view.parts if part.state == "sent"} if view else set()
    found: dict[str, tuple[AnyEvent, PartOutcome]] = {}
    for entry in record.entries(message):
        outcomes = entry.event.data.parts if isinstance(entry.event.data, DeliveryEvent) else ()
        for outcome in outcomes:
            if outcome.part in sent and (outcome.state == "accepted" or outcome.part not in found):
                found[outcome.part] = (entry.event, outcome)
    for parent, outcome in found.values():
        yield _event(parent, outcome, now, source)


def _event(parent: AnyEvent, outcome: PartOutcome, now: datetime, source: str) -> AnyEvent:
    assert isinstance(parent.data, DeliveryEvent)
    part = replace(outcome, state="unconfirmed")
    [event] = follow(
        parent, [carry(parent.data, DeliveryUnconfirmed, parts=[part], reason=OVERDUE)], source=source, now=now
    )
    return replace(event, id=event_id(part.part, event.data.event_type, 0))
