"""How far each helpdesk's endpoint has been told."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from workers.runtime.tables.ground import Utc, metadata

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
    Column("held_by", Text),
    Column("held_until", Utc),
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
