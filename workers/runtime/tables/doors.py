"""What came in at the doors, before they answered."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, text

from workers.runtime.tables.ground import DIGEST, Utc, metadata

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
