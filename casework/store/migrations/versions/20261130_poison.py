"""Ids of the master keys that have sealed, so that a made-up one is told from one that is late."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261130_poison"
down_revision = "20261130_edge"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; each process enters the keys of its ring before it next seals."""
    op.create_table(
        "master_keys",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "seen_at", TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="master_keys_pkey"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("master_keys")
