"""
The record: what was received and sent and what became of it. Written by the recorder, read by everybody who asks.

Each table row that others see is folded from `events`, in the transaction that brought the event.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.codec import PRODUCT, Codec
from workers.runtime.clock import Clock
from workers.runtime.database import Database
from workers.runtime.fold import Entry
from workers.runtime.record import reading
from workers.runtime.record.delivery import RecordedDelivery
from workers.runtime.record.rows import row_of
from workers.runtime.record.writing import Carrier, Changed, Promises, Writing
from workers.runtime.views import ConversationView, MessageView, SummaryView, ThreadView

__all__ = ["Changed", "Record", "RecordedDelivery"]

NO_RECEIPTS: Mapping[Carrier, int] = {}


class Record:
    """Every call raises DatabaseUnavailable when the database does not answer."""

    def __init__(
        self, database: Database, clock: Clock, codec: Codec = PRODUCT, receipts: Mapping[Carrier, int] = NO_RECEIPTS
    ) -> None:
        """`receipts`: in how many seconds a provider promises to tell that something was delivered."""
        self.database = database
        self.clock = clock
        self.codec = codec
        self._receipts = receipts

    def write(self, batch: Sequence[RecordedDelivery], deadlines: Mapping[str, int]) -> list[Changed]:
        """
        Add to the record, all or nothing; what is there already changes nothing. `deadlines` are seconds per worker.

        Answers with the conversations that changed, to be told to whoever follows them.
        """
        now = self.clock.now()
        rows = [row_of(delivery, now) for delivery in batch]
        with self.database.write() as connection:
            return Writing(self.database, connection, self.codec, now, Promises(deadlines, self._receipts)).write(rows)

    def thread(
        self, account: str, conversation: str, *, after: int = 0, before: str | None = None, limit: int | None = None
    ) -> ThreadView | None:
        """
        The conversation's messages in their order; only those that changed after a cursor, if one is given.

        With a limit the last of them, or the last that stand before the message `before`.
        """
        with self.database.read() as connection:
            return reading.thread(connection, account, conversation, after, reading.Page(before, limit))

    def conversations(self, account: str, *, limit: int = 100) -> list[ConversationView]:
        """The account's conversations, the one that changed last first."""
        with self.database.read() as connection:
            return reading.conversations(connection, account, limit)

    def changed_since(self, account: str, moment: datetime) -> list[ConversationView]:
        """
        The conversations that changed at that moment or later, the one that changed first first.

        A transaction may take a while to commit, so what changed a little earlier can still appear: compare cursors.
        """
        with self.database.read() as connection:
            return reading.changed_since(connection, account, moment)

    def summaries(self, account: str, conversations: Sequence[str]) -> dict[str, SummaryView]:
        """By conversation."""
        with self.database.read() as connection:
            return reading.summaries(connection, account, conversations)

    def message(self, account: str, message: str) -> MessageView | None:
        with self.database.read() as connection:
            return reading.message(connection, account, message)

    def has_written(self, account: str, conversation: str) -> bool:
        """Whether a message of the customer's is in the conversation."""
        with self.database.read() as connection:
            return reading.has_written(connection, account, conversation)

    def part_of(self, account: str, channel: str, external_id: str) -> tuple[str, str | None] | None:
        """(message, part) that a provider knows by this id."""
        with self.database.read() as connection:
            return reading.part_of(connection, account, channel, external_id)

    def entries(self, message: str) -> list[Entry]:
        """All that is recorded of a message, its payload included, in the order of time."""
        with self.database.read() as connection:
            return reading.entries(connection, self.codec, message)
