"""How far mailboxes have been read."""

from sqlalchemy import BigInteger, Column, Table, Text

from workers.runtime.tables.ground import Utc, metadata

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
