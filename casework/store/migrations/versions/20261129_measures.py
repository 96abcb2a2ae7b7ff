"""Measures reach the cases that wait already: what decides it stands beside each clock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261129_measures"
down_revision = "20261129_cards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say of which channels a measure speaks, and by what it reaches a clock that runs.

    The clocks of before are reached by none until their case goes by dates; then it says so.
    """
    op.add_column(
        "measures",
        sa.Column("channels", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
    )
    op.add_column("courses", sa.Column("awaited", JSONB(), nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("courses", "awaited")
    op.drop_column("measures", "channels")
