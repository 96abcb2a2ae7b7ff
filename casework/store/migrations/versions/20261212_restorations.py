"""Which events were written again from Temporal's histories, after the register was lost.

Only adds: workers of the last release go on beside it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261212_restorations"
down_revision = "20261212_looks_over"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "restorations",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("at", TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["openings.case_no"], name="restorations_case_no_fkey"
        ),
        sa.PrimaryKeyConstraint("case_no", "first_seq", name="restorations_pkey"),
    )


def downgrade() -> None:
    """Drop it: what was restored then looks as if it had been computed anew."""
    op.drop_table("restorations")
