"""What became of the parts of a delivery."""

from datetime import datetime

from schemas.event import Piece
from schemas.message import MessageEvent
from schemas.reason import Reason


class PartOutcome(Piece, frozen=True, kw_only=True):
    """`state` is `accepted`, `refused`, `in_doubt` or `not_sent`; `attempt` counts provider calls from 1 (0: none)."""

    part: str
    index: int
    state: str
    attempt: int = 0
    external_id: str | None = None
    accepted_at: datetime | None = None
    reason: Reason | None = None
    attachments: list[str] = []


class DeliveryEvent(MessageEvent, frozen=True, kw_only=True):
    parts: list[PartOutcome]
