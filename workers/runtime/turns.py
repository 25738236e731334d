"""Whose turn it is: replies of one conversation leave in the order in which they were requested."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """A reply's place in its conversation; it holds up those behind it until it has ended, or until `lapses_at`."""

    account: str
    conversation: str
    message: str
    requested_at: datetime
    lapses_at: datetime


class Turns(Protocol):
    """Raises DatabaseUnavailable (retryable) when the database does not answer."""

    def note(self, turn: Turn) -> None:
        """The reply has been requested. What is known already stays as it is."""

    def line_up(self, turn: Turn) -> str | None:
        """Notes the reply, and answers with the message whose turn it is before this one's; None: it is this one's."""

    def keep(self, turn: Turn) -> None:
        """It waits through no fault of its own: the turn lapses no sooner than this one says."""

    def end(self, turn: Turn) -> None:
        """It has left, or never will."""
