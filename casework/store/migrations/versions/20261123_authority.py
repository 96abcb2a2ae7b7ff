"""Whose case it is, and how it moves between districts."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_authority"
down_revision = "20261123_audit"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")

# The employers of cases of before are known by pseudonym to nobody: only the API has the key.
OPENED_BY = """
UPDATE openings SET opened_by = events.actor
FROM events WHERE events.case_no = openings.case_no AND events.seq = 1
"""


def upgrade() -> None:
    """Say whose each case is, who is assigned to it, and whom four eyes exclude from a task.

    The rows of before say nothing of the last two until their case records its next event, or
    ``casework register rebuild`` has computed them.
    """
    op.add_column("openings", sa.Column("opened_by", TEXT, server_default="", nullable=False))
    op.add_column(
        "openings", sa.Column("employer_subject", TEXT, server_default="", nullable=False)
    )
    op.add_column("cases", sa.Column("assigned", TEXT, server_default="", nullable=False))
    op.add_column("tasks", sa.Column("barred", TEXT, server_default="", nullable=False))
    op.execute(OPENED_BY)
    op.create_index("openings_opened_by_idx", "openings", ["opened_by", "case_no"])
    op.create_index(
        "openings_employer_idx",
        "openings",
        ["employer_subject", "case_no"],
        postgresql_where=sa.text("employer_subject <> ''"),
    )
    words = ("actor", "role", "from_district", "from_office", "to_district", "to_office", "reason")
    op.create_table(
        "transfers",
        sa.Column("case_no", TEXT, sa.ForeignKey("openings.case_no"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in words),
        sa.PrimaryKeyConstraint("case_no", "seq"),
    )
    op.create_index("transfers_newest_idx", "transfers", ["at", "case_no", "seq"])


def downgrade() -> None:
    """Forget it."""
    op.drop_table("transfers")
    op.drop_index("openings_employer_idx", "openings")
    op.drop_index("openings_opened_by_idx", "openings")
    op.drop_column("tasks", "barred")
    op.drop_column("cases", "assigned")
    op.drop_column("openings", "employer_subject")
    op.drop_column("openings", "opened_by")
