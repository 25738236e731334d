"""What helpdesks have been told over webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0004_webhooks"
down_revision = "0003_mailboxes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.Column("quiet_until", sa.DateTime(timezone=True)),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("problem", sa.Text()),
        sa.Column("given_up", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("rewinds", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("account", "webhook", name=op.f("pk_webhooks")),
        comment="How each helpdesk's endpoint fares. Written by the notifier, and by operators through its commands.",
    )
    op.create_table(
        "notices",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("message", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("account", "webhook", "conversation", name=op.f("pk_notices")),
        comment="How much of a conversation an endpoint has taken: all up to the cursor, and of that one as far as "
        "the message, if there is one. Written by the notifier, and by operators through its commands.",
    )
    op.create_index(op.f("ix_notices_account_webhook_retry_at"), "notices", ["account", "webhook", "retry_at"])
