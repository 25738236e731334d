"""What sends need: whose a part is, answers to doubts, turns, rates and circuits."""

import sqlalchemy as sa
from alembic import op

revision = "0002_sends"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger", sa.Column("channel", sa.Text(), server_default="", nullable=False))
    op.add_column("ledger", sa.Column("conversation", sa.Text(), server_default="", nullable=False))
    op.add_column("ledger", sa.Column("external_id", sa.Text(), nullable=True))
    op.add_column("ledger", sa.Column("answered_by", sa.Text(), nullable=True))
    op.create_index(op.f("ix_ledger_account_external_id"), "ledger", ["account", "external_id"], unique=False)
    op.create_table(
        "turns",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account", "message", name=op.f("pk_turns")),
        comment="Replies in the order in which they were requested. Written by the deliverer.",
    )
    op.create_index(
        op.f("ix_turns_account_conversation_requested_at"),
        "turns",
        ["account", "conversation", "requested_at"],
        unique=False,
    )
    op.create_table(
        "rates",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rates")),
        comment="When the next message of a number, a pair or an account may leave. Written by the deliverer.",
    )
    op.create_table(
        "circuits",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("outages", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_circuits")),
        comment="Providers that seem to be down, and until when they are left alone. Written by the deliverer.",
    )
