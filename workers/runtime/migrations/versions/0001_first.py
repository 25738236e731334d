"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("attachment", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "message", "attachment", name=op.f("pk_attachments")),
        comment="One row per attachment, for the books. Written by the recorder.",
    )
    op.create_index(
        "ix_attachments_books",
        "attachments",
        ["received_on", "ended", "account", "channel", "direction", "state", "reason_code"],
        unique=False,
    )
    op.create_index(op.f("ix_attachments_changed_at"), "attachments", ["changed_at"], unique=False)
    op.create_index(
        "ix_attachments_open",
        "attachments",
        ["deadline_at"],
        unique=False,
        postgresql_where=sa.text("ended IS false"),
        sqlite_where=sa.text("ended IS 0"),
    )
    op.create_table(
        "books",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("attachments", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "account", "channel", "direction", "state", "reason_code", name=op.f("pk_books")
        ),
        comment="How many attachments of a day have ended, and how, as of the last count. Written by the auditor.",
    )
    op.create_table(
        "conversations",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "conversation", name=op.f("pk_conversations")),
        comment="The cursor counts a conversation's changes in the order of their commits. Written by the recorder.",
    )
    op.create_index(
        op.f("ix_conversations_account_changed_at"), "conversations", ["account", "changed_at"], unique=False
    )
    op.create_table(
        "events",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("id", sa.Text(), nullable=True),
        sa.Column("correlation", sa.Text(), nullable=True),
        sa.Column("causation", sa.Text(), nullable=True),
        sa.Column("external_key", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("delay_seconds", sa.Float(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_events")),
        comment="Every event, retry and dead letter, and what could not be read. Written by the recorder.",
    )
    op.create_index(op.f("ix_events_causation"), "events", ["causation"], unique=False)
    op.create_index(op.f("ix_events_correlation"), "events", ["correlation"], unique=False)
    op.create_index(op.f("ix_events_external_key"), "events", ["external_key"], unique=False)
    op.create_index(op.f("ix_events_id"), "events", ["id"], unique=False)
    op.create_index(op.f("ix_events_message"), "events", ["message"], unique=False)
    op.create_index("ix_events_trouble", "events", ["how", "recorded_at"], unique=False)
    op.create_table(
        "intake",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sweeps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake")),
        comment="What came in at the doors, before they answered. Written by the doors.",
    )
    op.create_index(
        "ix_intake_unfinished",
        "intake",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
        sqlite_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "ledger",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("part", "attempt", name=op.f("pk_ledger")),
        comment="One row per part and attempt of a delivery. Written by the deliverer.",
    )
    op.create_table(
        "messages",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("view", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", "message", name=op.f("pk_messages")),
        comment="Each message folded from its events, as a thread shows it. Written by the recorder.",
    )
    op.create_index(
        op.f("ix_messages_account_conversation_cursor"), "messages", ["account", "conversation", "cursor"], unique=False
    )
    op.create_index(
        op.f("ix_messages_account_conversation_at_message"),
        "messages",
        ["account", "conversation", "at", "message"],
        unique=False,
    )
    op.create_index(
        "ix_messages_open",
        "messages",
        ["deadline_at"],
        unique=False,
        postgresql_where=sa.text("ended IS false"),
        sqlite_where=sa.text("ended IS 0"),
    )
    op.create_table(
        "parts",
        sa.Column("external_key", sa.String(length=64), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("part", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("external_key", name=op.f("pk_parts")),
        comment="A provider's id leads to our part; no message yet: a report came first. Written by the recorder.",
    )
    op.create_table(
        "sweeps",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("sweeps", sa.Integer(), nullable=False),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "message", name=op.f("pk_sweeps")),
        comment="How often overdue work was published again, to do it ever less often. Written by the auditor.",
    )
