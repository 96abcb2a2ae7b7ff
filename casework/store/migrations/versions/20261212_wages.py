"""Wage complaints (欠薪投诉): inquiries, mediation, evidence and instalments of each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261212_wages"
down_revision = "20261212_green_index"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
INSTANT = TIMESTAMP(timezone=True)
OF_A_COMPLAINT = ("wage_inquiries", "wage_sessions", "wage_evidence", "wage_instalments")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "wage_complaints",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("employer_name", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("owed", sa.Integer(), nullable=False),
        sa.Column("paid", sa.Integer(), nullable=False),
        sa.Column("last_unpaid_on", sa.Date(), nullable=False),
        sa.Column("worksite", TEXT, nullable=False),
        sa.Column("migrant", sa.Boolean(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("ground", TEXT, nullable=False),
        sa.Column("settlements", sa.Integer(), nullable=False),
        sa.Column("heard_on", sa.Date(), nullable=True),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("fed_back", sa.Integer(), nullable=False),
        sa.Column("received", sa.Boolean(), nullable=True),
        *_keys("wage_complaints"),
    )
    op.create_table(
        "wage_inquiries",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("second", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        *_keys("wage_inquiries"),
    )
    op.create_table(
        "wage_sessions",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("means", TEXT, nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("pieces", TEXT, nullable=False),
        *_keys("wage_sessions"),
    )
    op.create_table(
        "wage_evidence",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sort", TEXT, nullable=False),
        sa.Column("whose", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("session", sa.Integer(), nullable=False),
        *_keys("wage_evidence"),
    )
    op.create_table(
        "wage_instalments",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("settlement", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("broken", sa.Boolean(), nullable=False),
        *_keys("wage_instalments"),
    )


def downgrade() -> None:
    """Remove them."""
    for table in ("wage_complaints", *OF_A_COMPLAINT):
        op.drop_table(table)


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    key = ("case_no", "number") if table in OF_A_COMPLAINT else ("case_no",)
    return (
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name=f"{table}_case_no_fkey"),
        sa.PrimaryKeyConstraint(*key, name=f"{table}_pkey"),
    )
