"""Colleagues who ask each other: opinions, and of a task who asked and when it was nudged."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "20261201_together"
down_revision = "20261201_sharing"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Add the columns, for which no row needs to be written anew, and the table."""
    op.add_column("tasks", sa.Column("asked_by", TEXT, server_default="", nullable=False))
    op.add_column("tasks", sa.Column("nudged_at", INSTANT, nullable=True))
    op.create_table(
        "opinions",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("task", TEXT, nullable=False),
        sa.Column("asked", TEXT, nullable=False),
        sa.Column("asked_as", TEXT, nullable=False),
        sa.Column("asked_by", TEXT, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_seq", sa.Integer(), nullable=False),
        sa.Column("clock", TEXT, nullable=False),
        sa.Column("given_at", INSTANT, nullable=True),
        sa.Column("given_seq", sa.Integer(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("files", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="opinions_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "task", name="opinions_pkey"),
    )
    op.create_index(
        "opinions_awaited_idx",
        "opinions",
        ["asked_by", "case_no"],
        postgresql_where=sa.text("given_at IS NULL AND withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("opinions")
    op.drop_column("tasks", "nudged_at")
    op.drop_column("tasks", "asked_by")
