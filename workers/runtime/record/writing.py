"""One batch into the record, in one transaction."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, select, update

from schemas.codec import Codec
from workers.runtime.database import Database
from workers.runtime.fold import Entry, Folded, fold
from workers.runtime.record.linking import link
from workers.runtime.record.rows import FOLDED, EventRow, digest, entry_of
from workers.runtime.tables import attachments, conversations, events, messages
from workers.runtime.views import MessageView

_KEPT = {*attachments.primary_key.columns.keys(), "received_on"}
"""The day in whose books an attachment is counted stays the same, though an earlier event may come later."""

_ROWS_AT_ONCE = 200
"""So many names in one IN: both databases limit the parameters of a statement (SQLite: 32,766)."""

Name = tuple[str, str]
"""(account, message)"""
Carrier = tuple[str, str]
"""(channel, provider)"""


@dataclass(frozen=True, slots=True)
class Promises:
    """Seconds: in which each worker does its step, and in which a provider tells of a delivery, if it ever does."""

    workers: Mapping[str, int]
    receipts: Mapping[Carrier, int]

    def confirm_by(self, folded: Folded) -> datetime | None:
        """When what is sent will have been without its receipt for too long."""
        seconds = self.receipts.get((folded.view.channel, folded.view.provider or ""))
        return folded.sent_at + timedelta(seconds=seconds) if folded.sent_at and seconds else None


@dataclass(frozen=True, slots=True)
class Changed:
    """A conversation that changed, and its cursor now."""

    account: str
    conversation: str
    cursor: int


class Writing:
    """
    Locks are always taken in the same order (events, parts, messages, conversations, each by key), so that recorders
    wait for one another but never in a circle.
    """

    def __init__(
        self, database: Database, connection: Connection, codec: Codec, now: datetime, promises: Promises
    ) -> None:
        self._database = database
        self._connection = connection
        self._codec = codec
        self._now = now
        self._promises = promises

    def write(self, rows: Sequence[EventRow]) -> list[Changed]:
        fresh = self._insert(rows)
        self._insert(self._conflicts([row for row in rows if row.is_root]))
        adopted = link(self._database, self._connection, fresh)
        named = {(row.account, row.message) for row in fresh if row.account and row.message}
        return self._refold(sorted(named.union(adopted)))

    def _insert(self, rows: Sequence[EventRow]) -> list[EventRow]:
        """The rows that are new."""
        unique = {row.key: row for row in reversed(rows)}
        if not unique:
            return []
        insert = self._database.insert(events).on_conflict_do_nothing().returning(events.c.key)
        columns = [unique[key].columns() for key in sorted(unique)]
        return [unique[key] for key in self._connection.execute(insert, columns).scalars()]

    def _conflicts(self, roots: Sequence[EventRow]) -> list[EventRow]:
        """The same name used for another content: the first stays, the other is kept where an operator sees it."""
        kept: dict[str, str] = {}
        for keys in _chunks(sorted({row.key for row in roots})):
            query = select(events.c.key, events.c.fingerprint).where(events.c.key.in_(keys))
            kept |= {row.key: row.fingerprint for row in self._connection.execute(query)}
        return [
            replace(row, how="conflict", key=digest("conflict", row.key, row.fingerprint), code="identity_reused")
            for row in roots
            if kept[row.key] != row.fingerprint
        ]

    def _refold(self, names: Sequence[Name]) -> list[Changed]:
        before = self._lock(names)
        entries = sorted(self._entries(names).items())
        folded = {name: fold(*name, some, self._promises.workers) for name, some in entries}
        changed = {name: one for name, one in folded.items() if self._differs(one, before[name])}
        cursors = self._advance([one.view for one in changed.values()])
        self._store({name: _with_cursor(one, cursors) for name, one in changed.items()})
        return [Changed(account, conversation, cursor) for (account, conversation), cursor in cursors.items()]

    def _lock(self, names: Sequence[Name]) -> dict[Name, Row[Any]]:
        """Before the events are read: whoever comes later then sees what we have written."""
        found: dict[Name, Row[Any]] = {}
        for some in _chunks(names):
            empty = {"ended": False, "pending": "[]", "cursor": 0}
            rows = [{"account": account, "message": message} | empty for account, message in some]
            self._connection.execute(self._database.insert(messages).on_conflict_do_nothing(), rows)
            query = (
                select(messages)
                .where(messages.c.message.in_([message for _, message in some]))
                .order_by(messages.c.account, messages.c.message)
                .with_for_update()
            )
            found |= {(row.account, row.message): row for row in self._connection.execute(query)}
        return found

    def _entries(self, names: Sequence[Name]) -> dict[Name, list[Entry]]:
        found: defaultdict[Name, list[Entry]] = defaultdict(list)
        for some in _chunks(names):
            wanted = set(some)
            query = select(events).where(
                events.c.message.in_([message for _, message in some]), events.c.how.in_(FOLDED)
            )
            for row in self._connection.execute(query):
                entry = entry_of(row, self._codec)
                if entry and (row.account, row.message) in wanted:
                    found[row.account, row.message].append(entry)
        return found

    def _advance(self, views: Sequence[MessageView]) -> dict[Name, int]:
        """Count each conversation one further; its row stays locked until the commit, so no cursor comes too late."""
        latest = {(view.account, view.conversation): view for view in views if view.conversation}
        if not latest:
            return {}
        rows = [
            {
                "account": account,
                "conversation": conversation,
                "channel": view.channel,
                "address": view.address,
                "contact": view.contact,
                "contact_name": view.contact_name,
                "cursor": 1,
                "changed_at": self._now,
            }
            for (account, conversation), view in sorted(latest.items())
        ]
        insert = self._database.insert(conversations)
        first, newest = conversations.c, insert.excluded
        changes = {
            # By these two it was named, and answers find it: whoever else writes in it is not its contact.
            "address": func.coalesce(first.address, newest.address),
            "contact": func.coalesce(first.contact, newest.contact),
            "contact_name": func.coalesce(newest.contact_name, first.contact_name),
        }
        upsert = insert.on_conflict_do_update(
            index_elements=[first.account, first.conversation],
            set_=changes | {"cursor": first.cursor + 1, "changed_at": newest.changed_at},
        ).returning(first.account, first.conversation, first.cursor)
        return {(row.account, row.conversation): row.cursor for row in self._connection.execute(upsert, rows)}

    def _differs(self, folded: Folded, before: Row[Any]) -> bool:
        same_cursor = msgspec.structs.replace(folded.view, cursor=before.cursor)
        pending = msgspec.json.encode(folded.pending).decode()
        confirm_by = self._promises.confirm_by(folded)
        now = (_encoded(same_cursor), folded.deadline_at, pending, confirm_by)
        return now != (before.view, before.deadline_at, before.pending, before.confirm_by)

    def _columns(self, folded: Folded) -> dict[str, object]:
        return {**_message_columns(folded), "confirm_by": self._promises.confirm_by(folded)}

    def _store(self, changed: Mapping[Name, Folded]) -> None:
        if not changed:
            return
        mine = (messages.c.account == bindparam("in_account"), messages.c.message == bindparam("in_message"))
        self._connection.execute(
            update(messages).where(*mine),
            [{"in_account": name[0], "in_message": name[1], **self._columns(one)} for name, one in changed.items()],
        )
        rows = [row for one in changed.values() for row in _attachment_rows(one.view, self._now)]
        if rows:
            insert = self._database.insert(attachments)
            key = list(attachments.primary_key.columns)
            newest = {column.name: insert.excluded[column.name] for column in attachments.c if column.name not in _KEPT}
            self._connection.execute(insert.on_conflict_do_update(index_elements=key, set_=newest), rows)


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _ROWS_AT_ONCE] for start in range(0, len(items), _ROWS_AT_ONCE))


def _encoded(view: MessageView) -> str:
    return msgspec.json.encode(view).decode()


def _with_cursor(folded: Folded, cursors: Mapping[Name, int]) -> Folded:
    view = folded.view
    cursor = cursors[view.account, view.conversation] if view.conversation else 0
    return replace(folded, view=msgspec.structs.replace(view, cursor=cursor))


def _message_columns(folded: Folded) -> dict[str, object]:
    view = folded.view
    return {
        "conversation": view.conversation,
        "direction": view.direction,
        "channel": view.channel,
        "state": view.state,
        "at": view.at,
        "ended": view.ended,
        "deadline_at": folded.deadline_at,
        "pending": msgspec.json.encode(folded.pending).decode(),
        "cursor": view.cursor,
        "view": _encoded(view),
    }


def _attachment_rows(view: MessageView, now: datetime) -> list[dict[str, object]]:
    return [
        {
            "account": view.account,
            "message": view.message,
            "attachment": one.id,
            "channel": view.channel,
            "direction": view.direction,
            "state": one.state,
            "reason_code": one.reason.code if one.reason else None,
            "stage": one.stage,
            "attempts": one.attempts,
            "received_at": view.at,
            "received_on": view.at.astimezone(UTC).date(),
            "deadline_at": one.deadline_at,
            "ended": one.ended,
            "changed_at": now,
        }
        for one in view.attachments
    ]
