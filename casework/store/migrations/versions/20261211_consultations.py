"""The log of consultations.

Only adds: workers of the last release go on beside it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "20261211_consultations"
down_revision = "20261211_ticket_replies"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "consultations",
        sa.Column("district", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("needs", JSONB(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("ticket", TEXT, server_default="", nullable=False),
        sa.Column("agent", TEXT, server_default="", nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("logged_at", INSTANT, nullable=False),
        sa.Column("logged_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("district", "source", "reference", name="consultations_pkey"),
    )
    op.create_index(
        "consultations_newest_idx",
        "consultations",
        ["district", "asked_at", "source", "reference"],
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("consultations")
