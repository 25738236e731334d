"""From where a replay of notices begins, in each conversation."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from workers.runtime.record.rows import FOLDED
from workers.runtime.tables import events, messages


@dataclass(frozen=True, slots=True)
class Earliest:
    """The conversation's first cursor that concerns a message that changed since a moment."""

    conversation: str
    cursor: int


def earliest_since(connection: Connection, account: str, since: datetime) -> list[Earliest]:
    changed = select(events.c.message).where(
        events.c.how.in_(FOLDED), events.c.recorded_at >= since, events.c.account == account
    )
    query = (
        select(messages.c.conversation, func.min(messages.c.cursor).label("cursor"))
        .where(messages.c.account == account, messages.c.conversation.is_not(None), messages.c.message.in_(changed))
        .group_by(messages.c.conversation)
        .order_by(messages.c.conversation)
    )
    return [Earliest(row.conversation, row.cursor) for row in connection.execute(query)]
