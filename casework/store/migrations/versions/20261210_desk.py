"""What people keep at the desk, and the work list by how long a task has waited.

Only adds. On a register with many open tasks the indexes take a minute, and recorders wait; created
by hand before with ``CREATE INDEX CONCURRENTLY IF NOT EXISTS``, they are found here.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "20261210_desk"
down_revision = "20261210_told"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
AT = TIMESTAMP(timezone=True)
OPENED = ["opened_at", "case_no", "task"]
OPEN = "closed_at IS NULL"
INDEXES = {
    "tasks_opened_idx": ([], OPEN),
    "tasks_of_district_opened_idx": (["district"], OPEN),
    "tasks_of_role_opened_idx": (["role"], OPEN),
    "tasks_of_team_opened_idx": (["team"], f"{OPEN} AND team <> ''"),
}


def upgrade() -> None:
    """Create three tables, and the indexes of the other order of work lists."""
    op.create_table(
        "looks",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("seen_at", AT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("before_seq", sa.Integer(), nullable=True),
        sa.Column("before_at", AT, nullable=True),
        sa.Column("doing", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="looks_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "person", name="looks_pkey"),
    )
    op.create_index("looks_seen_at_idx", "looks", ["seen_at"])
    op.create_index("looks_person_idx", "looks", ["person", "seen_at"])
    op.create_table(
        "saved_views",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("list", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("usual", sa.Boolean(), nullable=False),
        sa.Column("saved_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="saved_views_pkey"),
    )
    op.create_index("saved_views_person_idx", "saved_views", ["person"])
    op.create_table(
        "phrases",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="phrases_pkey"),
    )
    op.create_index("phrases_owner_idx", "phrases", ["owner", "verb"])
    for name, (first, where) in INDEXES.items():
        op.create_index(
            name,
            "tasks",
            [*first, *OPENED],
            postgresql_where=sa.text(where),
            if_not_exists=True,
        )
    op.create_index(
        "courses_district_due_idx",
        "courses",
        ["district", "due_on"],
        postgresql_where=sa.text("ended_on IS NULL"),
        if_not_exists=True,
    )


def downgrade() -> None:
    """Drop them; nobody's views and phrases are left."""
    op.drop_index("courses_district_due_idx", table_name="courses")
    for name in INDEXES:
        op.drop_index(name, table_name="tasks")
    for table in ("phrases", "saved_views", "looks"):
        op.drop_table(table)
