"""The tests' own event, as a program of last year knew it."""

from typing import ClassVar

from schemas.event import EventData


class NoteTaken(EventData, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "note_taken"
    version: ClassVar[int] = 1

    direction: str = "inbound"
    author: str
    text: str
