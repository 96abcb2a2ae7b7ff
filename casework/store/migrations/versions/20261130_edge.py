"""Sessions of browsers that were ended before their time."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_edge"
down_revision = "20261130_pages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "ended_sessions",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("ended_sessions_pkey")),
    )
    op.create_index("ended_sessions_until_idx", "ended_sessions", ["until"])


def downgrade() -> None:
    """Forget them: sessions that were ended count again until their time is over."""
    op.drop_table("ended_sessions")
