"""Sharing out: the choices with their reasons, the turns, the relations; and the team of a task."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "20261201_sharing"
down_revision = "20261201_staff"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
WHEN = TIMESTAMP(timezone=True)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, TEXT, nullable=False) for name in names]


def upgrade() -> None:
    """Create the tables; a task gets its team, with a constant default, so no row is rewritten."""
    op.create_table(
        "shares",
        *_text("case_no", "role"),
        sa.Column("seq", sa.Integer(), nullable=False),
        *_text("district", "item", "employer", "holder", "backup", "team", "way", "reason"),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("at", WHEN, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("case_no", "role", name="shares_pkey"),
    )
    op.create_index("shares_of_holder_idx", "shares", ["holder", "at"])
    op.create_index(
        "shares_of_employer_idx",
        "shares",
        ["employer", "role", "at"],
        postgresql_where=sa.text("employer <> ''"),
    )
    op.create_table(
        "share_turns",
        *_text("district", "item", "role"),
        sa.Column("turns", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("district", "item", "role", name="share_turns_pkey"),
    )
    op.create_table(
        "relations",
        *_text("id", "officer", "subject", "kind", "declared_by"),
        sa.Column("declared_at", WHEN, nullable=False),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("id", name="relations_pkey"),
    )
    op.create_index("relations_officer_idx", "relations", ["officer"])
    op.create_index(
        "relations_of_subject_idx",
        "relations",
        ["subject"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("tasks", sa.Column("team", TEXT, server_default="", nullable=False))
    op.create_index(
        "tasks_of_team_idx",
        "tasks",
        ["team", "due_or_never", "case_no", "task"],
        postgresql_where=sa.text("closed_at IS NULL AND team <> ''"),
    )


def downgrade() -> None:
    """Forget who was chosen and why; who has which task stays in the events."""
    op.drop_index("tasks_of_team_idx", "tasks")
    op.drop_column("tasks", "team")
    for table in ("relations", "share_turns", "shares"):
        op.drop_table(table)
