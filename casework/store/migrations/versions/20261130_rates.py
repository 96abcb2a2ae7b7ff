"""How often each client has asked, counted for all API processes together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261130_rates"
down_revision = "20261130_growth"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; it is empty after a crash, and on a server that took over."""
    op.create_table(
        "rates",
        sa.Column("client", sa.Text(collation="C"), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("until", TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client", name="rates_pkey"),
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("rates")
