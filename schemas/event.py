"""An event: a CloudEvents 1.0 envelope around one of our data structs."""

from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from msgspec import Struct

from schemas.values import Account, Direction, Name


class EventData(Struct, frozen=True, kw_only=True):
    """
    What an event says; one subclass per event type, in the folder of its name.

    `None` and absent mean the same: the codec leaves such a field out. Other defaults are written, so that a reader in
    another language needs none of ours. Unknown fields are ignored by readers.
    """

    event_type: ClassVar[str]
    version: ClassVar[int]
    identified_by: ClassVar[str | None] = None
    """A field whose value alone names the event, whatever led to it."""

    direction: Direction
    channel: Name
    account: Account


class Piece(Struct, frozen=True, kw_only=True):
    """A structure inside an event's data."""


D = TypeVar("D", bound=EventData)


class Event(Struct, Generic[D], frozen=True, kw_only=True):
    """
    One event as every worker sees it: always of the newest version, its ids derived, its time zone-aware.

    `correlation_id` is the whole journey of one message; `causation_id` the event that led to this one.
    `source` and `id` together are unique; roots are made by doors and upstream systems, all others by the runtime.
    """

    id: str
    source: str
    time: datetime
    account: str
    subject: str
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None
    data: D


AnyEvent = Event[Any]
