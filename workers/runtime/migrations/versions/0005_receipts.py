"""Until when a receipt of what was sent may take."""

import sqlalchemy as sa
from alembic import op

revision = "0005_receipts"
down_revision = "0004_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("confirm_by", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_messages_unconfirmed",
        "messages",
        ["confirm_by"],
        unique=False,
        postgresql_where=sa.text("confirm_by IS NOT NULL"),
        sqlite_where=sa.text("confirm_by IS NOT NULL"),
    )
