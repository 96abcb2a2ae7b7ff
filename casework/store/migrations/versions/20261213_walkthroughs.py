"""Walkthroughs (走流程), what they brought to light, and the remedies that answer it."""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "20261213_walkthroughs"
down_revision = "20261212_wages"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
DEGREES = (
    *("policy_known", "papers_few", "process_smooth"),
    *("window_handy", "online_easy", "risk_joined"),
)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False)


def _day(name: str, *, nullable: bool = False) -> sa.Column[date]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _of_case(table: str, *key: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name=f"{table}_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", *key, name=f"{table}_pkey"),
    )


def upgrade() -> None:
    """Add the tables. They are small: what leaders walk in a year are hundreds."""
    op.create_table(
        "walkthroughs",
        *map(_text, ("case_no", "leader", "role", "mode", "way", "walked_item")),
        _day("walked_on"),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in DEGREES),
        *map(_text, ("note", "explanation")),
        *_of_case("walkthroughs"),
    )
    op.create_table(
        "walk_findings",
        *map(_text, ("case_no", "finding", "sort", "what")),
        _day("noted_on"),
        sa.Column("struck", sa.Boolean(), nullable=False),
        _text("answered_by"),
        *_of_case("walk_findings", "finding"),
    )
    op.create_table(
        "remedies",
        *map(_text, ("case_no", "remedy", "plan", "owner", "answers", "status")),
        _day("set_on"),
        _day("issued_on", nullable=True),
        _day("reported_on", nullable=True),
        *map(_text, ("reported_by", "proof")),
        sa.Column("rejected", sa.Integer(), nullable=False),
        _day("closed_on", nullable=True),
        _text("closed_by"),
        *_of_case("remedies", "remedy"),
    )


def downgrade() -> None:
    """Remove them."""
    for table in ("remedies", "walk_findings", "walkthroughs"):
        op.drop_table(table)
