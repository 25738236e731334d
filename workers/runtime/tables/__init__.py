"""
The tables, the same for PostgreSQL and SQLite: a module for each writer, whom each table's comment names too.

JSON is kept as text: PostgreSQL's `jsonb` refuses some strings that JSON allows.
"""

from workers.runtime.tables.auditor import books, sweeps
from workers.runtime.tables.deliverer import circuits, ledger, rates, turns
from workers.runtime.tables.doors import intake
from workers.runtime.tables.ground import metadata
from workers.runtime.tables.mailroom import mailboxes
from workers.runtime.tables.notifier import notices, webhooks
from workers.runtime.tables.recorder import attachments, conversations, events, messages, parts

__all__ = [
    "attachments",
    "books",
    "circuits",
    "conversations",
    "events",
    "intake",
    "ledger",
    "mailboxes",
    "messages",
    "metadata",
    "notices",
    "parts",
    "rates",
    "sweeps",
    "turns",
    "webhooks",
]
