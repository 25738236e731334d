"""
The tables, the same for PostgreSQL and SQLite. Each has one writer, named in its comment.

JSON is kept as text: PostgreSQL's `jsonb` refuses some strings that JSON allows.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """Zone-aware in and out; SQLite, which knows no zones, keeps UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


DIGEST = String(64)

intake = Table(
    "intake",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("fingerprint", DIGEST, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("published_at", Utc),
    Column("finished_at", Utc),
    Column("sweeps", Integer, nullable=False, server_default=text("0")),
    Column("swept_at", Utc),
    comment="What came in at the doors, before they answered. Written by the doors.",
)
Index(
    "ix_intake_unfinished",
    intake.c.received_at,
    postgresql_where=intake.c.finished_at.is_(None),
    sqlite_where=intake.c.finished_at.is_(None),
)

ledger = Table(
    "ledger",
    metadata,
    Column("part", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("claimed_at", Utc, nullable=False),
    Column("lease_until", Utc, nullable=False),
    Column("state", Text, nullable=False),
    Column("settled_at", Utc),
    Column("receipt", Text),
    Column("channel", Text, nullable=False, server_default=""),
    Column("conversation", Text, nullable=False, server_default=""),
    Column("external_id", Text),
    Column("answered_by", Text),
    comment="One row per part and attempt of a delivery. Written by the deliverer.",
)
Index(None, ledger.c.account, ledger.c.external_id)

turns = Table(
    "turns",
    metadata,
    Column("account", Text, primary_key=True),
    Column("message", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("requested_at", Utc, nullable=False),
    Column("lapses_at", Utc, nullable=False),
    Column("ended", Boolean, nullable=False),
    comment="Replies in the order in which they were requested. Written by the deliverer.",
)
Index(None, turns.c.account, turns.c.conversation, turns.c.requested_at)

rates = Table(
    "rates",
    metadata,
    Column("key", Text, primary_key=True),
    Column("free_at", Utc, nullable=False),
    comment="When the next message of a number, a pair or an account may leave. Written by the deliverer.",
)

circuits = Table(
    "circuits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("outages", Integer, nullable=False),
    Column("open_until", Utc),
    Column("probe_until", Utc),
    comment="Providers that seem to be down, and until when they are left alone. Written by the deliverer.",
)

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

books = Table(
    "books",
    metadata,
    Column("day", Date, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("direction", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("reason_code", Text, primary_key=True),
    Column("attachments", BigInteger, nullable=False),
    Column("at", Utc, nullable=False),
    comment="How many attachments of a day have ended, and how, as of the last count. Written by the auditor.",
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("account", Text, primary_key=True),
    Column("message", Text, primary_key=True),
    Column("sweeps", Integer, nullable=False),
    Column("swept_at", Utc, nullable=False),
    comment="How often overdue work was published again, to do it ever less often. Written by the auditor.",
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("account", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("at", Utc, nullable=False),
    comment="How far each mailbox has been read. Written by the mailroom.",
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("account", Text, primary_key=True),
    Column("webhook", Text, primary_key=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", Utc),
    Column("quiet_until", Utc),
    Column("taken_at", Utc),
    Column("disabled_at", Utc),
    Column("problem", Text),
    Column("given_up", Integer, nullable=False, server_default=text("0")),
    Column("rewinds", Integer, nullable=False, server_default=text("0")),
    comment="How each helpdesk's endpoint fares. Written by the notifier, and by operators through its commands.",
)

notices = Table(
    "notices",
    metadata,
    Column("account", Text, primary_key=True),
    Column("webhook", Text, primary_key=True),
    Column("conversation", Text, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("at", Utc),
    Column("message", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("retry_at", Utc),
    comment="How much of a conversation an endpoint has taken: all up to the cursor, and of that one as far as "
    "the message, if there is one. Written by the notifier, and by operators through its commands.",
)
Index(None, notices.c.account, notices.c.webhook, notices.c.retry_at)
