"""What a worker declares about itself. The runtime does all the rest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from schemas.event import AnyEvent, Event, EventData
from schemas.reason import Reason
from workers.runtime.ports import Ports

Handler: TypeAlias = Callable[[Event[Any], Ports], Sequence[EventData]]
Ending: TypeAlias = Callable[[AnyEvent, Reason, str | None], Sequence[EventData]]
"""(event, reason, guilty attachment's id or None) -> the events that end its attachments visibly."""


@dataclass(frozen=True)
class Worker:
    """
    `queues` is a queue name, or one per channel (`fetch.<channel>`) or lane (`thumbnail.<lane>`).

    `ending` turns a refusal, and a retry that ran out, into the events that say so.
    `direction` narrows what the worker consumes to inbound or outbound events.
    """

    name: str
    queues: str
    handlers: Mapping[type[EventData], Handler]
    emits: tuple[type[EventData], ...]
    ending: Ending | None = None
    direction: str = "*"
    upstream: tuple[type[EventData], ...] = ()
    """Events that upstream systems may also publish to `trombone.in` for this worker."""
