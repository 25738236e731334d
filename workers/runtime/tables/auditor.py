"""The books, and what was swept."""

from sqlalchemy import BigInteger, Column, Date, Integer, Table, Text

from workers.runtime.tables.ground import Utc, metadata

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
