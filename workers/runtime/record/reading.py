"""What the record answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, tuple_

from schemas.codec import Codec
from schemas.decoders import decoder
from workers.runtime.fold import Entry
from workers.runtime.record.rows import FOLDED, entry_of, external_key
from workers.runtime.tables import attachments, events, messages, parts
from workers.runtime.tables import conversations as conversations_table
from workers.runtime.views import ConversationView, MessageView, SummaryView, ThreadView

_TOLD = (*FOLDED, "conflict")


@dataclass(frozen=True, slots=True)
class Page:
    """The last `limit` messages, or those that stand before the message `before`; of all without a limit."""

    before: str | None = None
    limit: int | None = None


def thread(connection: Connection, account: str, conversation: str, after: int, page: Page) -> ThreadView | None:
    # The cursor first: a message that changes in between is then told twice, never missed.
    found = connection.execute(
        select(conversations_table).where(
            conversations_table.c.account == account, conversations_table.c.conversation == conversation
        )
    ).first()
    if found is None:
        return None
    if found.cursor <= after:
        return ThreadView(conversation=_conversation(found), cursor=found.cursor, messages=[])
    mine = (messages.c.account == account, messages.c.conversation == conversation)
    query = select(messages.c.view).where(*mine, messages.c.view.is_not(None))
    if after:
        query = query.where(messages.c.cursor > after)
    if page.before is not None:
        place = connection.execute(select(messages.c.at).where(*mine, messages.c.message == page.before)).scalar()
        query = query.where(tuple_(messages.c.at, messages.c.message) < tuple_(place, page.before))
    if page.limit is not None:
        query = query.limit(page.limit + 1)
    latest_first = query.order_by(messages.c.at.desc(), messages.c.message.desc())
    views = [_view(encoded) for encoded in connection.execute(latest_first).scalars() if encoded]
    shown = views[: page.limit]
    return ThreadView(
        conversation=_conversation(found), cursor=found.cursor, messages=shown[::-1], earlier=len(views) > len(shown)
    )


def conversations(connection: Connection, account: str, limit: int) -> list[ConversationView]:
    query = (
        select(conversations_table)
        .where(conversations_table.c.account == account)
        .order_by(conversations_table.c.changed_at.desc(), conversations_table.c.conversation)
        .limit(limit)
    )
    return [_conversation(row) for row in connection.execute(query)]


def changed_since(connection: Connection, account: str, moment: datetime) -> list[ConversationView]:
    query = (
        select(conversations_table)
        .where(conversations_table.c.account == account, conversations_table.c.changed_at >= moment)
        .order_by(conversations_table.c.changed_at, conversations_table.c.conversation)
    )
    return [_conversation(row) for row in connection.execute(query)]


def summaries(connection: Connection, account: str, names: Sequence[str]) -> dict[str, SummaryView]:
    files = (
        select(messages.c.conversation, func.count().label("files"))
        .join(
            attachments, (attachments.c.account == messages.c.account) & (attachments.c.message == messages.c.message)
        )
        .where(messages.c.account == account, messages.c.conversation.in_(names), messages.c.direction == "inbound")
        .group_by(messages.c.conversation)
    )
    counted = {row.conversation: row.files for row in connection.execute(files)}
    return {
        name: SummaryView(last=_last(connection, account, name), inbound_files=counted.get(name, 0)) for name in names
    }


def _last(connection: Connection, account: str, conversation: str) -> MessageView | None:
    query = (
        select(messages.c.view)
        .where(messages.c.account == account, messages.c.conversation == conversation, messages.c.view.is_not(None))
        .order_by(messages.c.at.desc(), messages.c.message.desc())
        .limit(1)
    )
    encoded = connection.execute(query).scalar()
    return _view(encoded) if encoded else None


def message(connection: Connection, account: str, name: str) -> MessageView | None:
    query = select(messages.c.view).where(messages.c.account == account, messages.c.message == name)
    encoded = connection.execute(query).scalar()
    return _view(encoded) if encoded else None


def has_written(connection: Connection, account: str, conversation: str) -> bool:
    query = select(messages.c.message).where(
        messages.c.account == account, messages.c.conversation == conversation, messages.c.direction == "inbound"
    )
    return connection.execute(query.limit(1)).first() is not None


def part_of(connection: Connection, account: str, channel: str, external_id: str) -> tuple[str, str | None] | None:
    query = select(parts.c.message, parts.c.part).where(
        parts.c.external_key == external_key(account, channel, external_id), parts.c.message.is_not(None)
    )
    found = connection.execute(query).first()
    return (found.message, found.part) if found else None


def entries(connection: Connection, codec: Codec, name: str) -> list[Entry]:
    own = connection.execute(select(events).where(events.c.message == name, events.c.how.in_(_TOLD))).all()
    causes = _causes(connection, own)
    found = [entry for row in [*causes, *own] if (entry := entry_of(row, codec))]
    return sorted(found, key=lambda entry: (entry.at, entry.key))


def _causes(connection: Connection, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The payloads that led to the message: they belong to no message, since one may hold several."""
    known = {row.id for row in rows}
    accounts = {row.account for row in rows}
    wanted = {row.causation for row in rows if row.causation} - known
    query = select(events).where(
        events.c.message.is_(None),
        events.c.account.in_(accounts),
        events.c.how.in_(_TOLD),
        events.c.id.in_(wanted),
    )
    return list(connection.execute(query)) if wanted else []


def _view(encoded: str) -> MessageView:
    return decoder(MessageView).decode(encoded)


def _conversation(row: Row[Any]) -> ConversationView:
    return ConversationView(
        account=row.account,
        conversation=row.conversation,
        channel=row.channel,
        cursor=row.cursor,
        changed_at=row.changed_at,
        address=row.address,
        contact=row.contact,
        contact_name=row.contact_name,
    )
