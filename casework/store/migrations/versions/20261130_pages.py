"""What was done under which key, kept for good."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261130_pages"
down_revision = "20261129_policy"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Create the table; what was done before stands in the events, under no key."""
    op.create_table(
        "operations",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("refused", TEXT, server_default="", nullable=False),
        sa.Column("why", TEXT, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="operations_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "id", name="operations_pkey"),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("operations")
