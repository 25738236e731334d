"""What the deliverer knows of its sends: what has left, what goes first, how fast, and who is down."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text

from workers.runtime.tables.ground import Utc, metadata

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
