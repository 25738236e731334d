"""What became of the parts of a delivery."""

from schemas.event import Piece
from schemas.message import MessageEvent
from schemas.reason import Reason
from schemas.values import Id, Index, Line, Name, Time


class PartOutcome(Piece, frozen=True, kw_only=True):
    """
    `state` is `accepted`, `refused`, `in_doubt`, `not_sent` or `unconfirmed`; `attempt` counts provider calls from 1
    (0: none).
    """

    part: Id
    index: Index
    state: Name
    attempt: Index = 0
    external_id: Line | None = None
    accepted_at: Time | None = None
    reason: Reason | None = None
    attachments: list[Id] = []
    links: list[Id] = []
    replaces: Id | None = None
    """The part in whose place this one left, with links instead of files."""


class DeliveryEvent(MessageEvent, frozen=True, kw_only=True):
    parts: list[PartOutcome]
