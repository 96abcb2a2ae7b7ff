"""Parcels that came by post or courier (快递来件)."""

import sqlalchemy as sa
from alembic import op

revision = "20261214_parcels"
down_revision = "20261213_walkthroughs"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "parcels",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("courier", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("remark", TEXT, nullable=False),
        sa.Column("clue", TEXT, nullable=False),
        sa.Column("contents", TEXT, nullable=False),
        sa.Column("faults", TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("refused", TEXT, nullable=False),
        sa.Column("filed", TEXT, nullable=False),
        sa.Column("sent_back", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="parcels_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", name="parcels_pkey"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("parcels")
