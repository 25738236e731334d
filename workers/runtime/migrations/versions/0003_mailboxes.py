"""How far mailboxes have been read."""

import sqlalchemy as sa
from alembic import op

revision = "0003_mailboxes"
down_revision = "0002_sends"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "address", name=op.f("pk_mailboxes")),
        comment="How far each mailbox has been read. Written by the mailroom.",
    )
