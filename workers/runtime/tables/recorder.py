"""The record: everything that happened, and what is folded from it."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, LargeBinary, Table, Text, text

from workers.runtime.tables.ground import DIGEST, Utc, metadata

events = Table(
    "events",
    metadata,
    Column("key", DIGEST, primary_key=True),
    Column("how", Text, nullable=False),
    Column("account", Text),
    Column("message", Text),
    Column("type", Text),
    Column("source", Text),
    Column("id", Text),
    Column("correlation", Text),
    Column("causation", Text),
    Column("external_key", DIGEST),
    Column("at", Utc),
    Column("recorded_at", Utc, nullable=False),
    Column("worker", Text),
    Column("queue", Text),
    Column("attempt", BigInteger, nullable=False),
    Column("delay_seconds", Float),
    Column("code", Text),
    Column("detail", Text),
    Column("fingerprint", DIGEST, nullable=False),
    Column("body", LargeBinary, nullable=False),
    comment="Every event, retry and dead letter, and what could not be read. Written by the recorder.",
)
Index(None, events.c.message)
Index(None, events.c.correlation)
Index(None, events.c.id)
Index(None, events.c.causation)
Index(None, events.c.external_key)
Index("ix_events_trouble", events.c.how, events.c.recorded_at)

messages = Table(
    "messages",
    metadata,
    Column("account", Text, primary_key=True),
    Column("message", Text, primary_key=True),
    Column("conversation", Text),
    Column("direction", Text),
    Column("channel", Text),
    Column("state", Text),
    Column("at", Utc),
    Column("ended", Boolean, nullable=False),
    Column("deadline_at", Utc),
    Column("pending", Text, nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("view", Text),
    Column("confirm_by", Utc),
    comment="Each message folded from its events, as a thread shows it. Written by the recorder.",
)
Index(None, messages.c.account, messages.c.conversation, messages.c.cursor)
Index(None, messages.c.account, messages.c.conversation, messages.c.at, messages.c.message)
Index(
    "ix_messages_unconfirmed",
    messages.c.confirm_by,
    postgresql_where=messages.c.confirm_by.is_not(None),
    sqlite_where=messages.c.confirm_by.is_not(None),
)
Index(
    "ix_messages_open",
    messages.c.deadline_at,
    postgresql_where=text("ended IS false"),
    sqlite_where=text("ended IS 0"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("account", Text, primary_key=True),
    Column("message", Text, primary_key=True),
    Column("attachment", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason_code", Text),
    Column("stage", Text),
    Column("attempts", BigInteger, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("deadline_at", Utc),
    Column("ended", Boolean, nullable=False),
    Column("changed_at", Utc, nullable=False),
    comment="One row per attachment, for the books. Written by the recorder.",
)
Index(
    "ix_attachments_books",
    attachments.c.received_on,
    attachments.c.ended,
    attachments.c.account,
    attachments.c.channel,
    attachments.c.direction,
    attachments.c.state,
    attachments.c.reason_code,
)
Index(None, attachments.c.changed_at)
Index(
    "ix_attachments_open",
    attachments.c.deadline_at,
    postgresql_where=text("ended IS false"),
    sqlite_where=text("ended IS 0"),
)

parts = Table(
    "parts",
    metadata,
    Column("external_key", DIGEST, primary_key=True),
    Column("account", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("message", Text),
    Column("part", Text),
    comment="A provider's id leads to our part; no message yet: a report came first. Written by the recorder.",
)

conversations = Table(
    "conversations",
    metadata,
    Column("account", Text, primary_key=True),
    Column("conversation", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("address", Text),
    Column("contact", Text),
    Column("contact_name", Text),
    Column("cursor", BigInteger, nullable=False),
    Column("changed_at", Utc, nullable=False),
    comment="The cursor counts a conversation's changes in the order of their commits. Written by the recorder.",
)
Index(None, conversations.c.account, conversations.c.changed_at)
