"""Which notifier follows an endpoint."""

import sqlalchemy as sa
from alembic import op

revision = "0006_leases"
down_revision = "0005_receipts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("held_by", sa.Text(), nullable=True))
    op.add_column("webhooks", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
