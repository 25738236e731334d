"""The tests' own event, as a program of today knows it."""

from typing import ClassVar

from schemas.event import EventData


class NoteTaken(EventData, frozen=True, kw_only=True):
    """`authors` replaces version 1's `author`."""

    event_type: ClassVar[str] = "note_taken"
    version: ClassVar[int] = 2

    direction: str = "inbound"
    authors: list[str]
    text: str
