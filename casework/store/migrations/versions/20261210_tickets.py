"""Tickets (诉求工单), and which other case a case is about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261210_tickets"
down_revision = "20261210_desk"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Add the table and the column; no case of before is about another."""
    op.add_column("openings", sa.Column("concerns", TEXT, server_default="", nullable=False))
    op.create_table(
        "tickets",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("came_by", TEXT, nullable=False),
        sa.Column("subject_matter", TEXT, nullable=False),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("complex", sa.Boolean(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("contacted_at", INSTANT, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("resolution", TEXT, nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("joined_into", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="tickets_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", name="tickets_pkey"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("tickets")
    op.drop_column("openings", "concerns")
