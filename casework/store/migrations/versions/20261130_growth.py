"""When the case decided what was last recorded of it, so that what it decides anew is known."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_growth"
down_revision = "20261130_poison"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; no row is rewritten, and NULL stands for before."""
    op.add_column("armings", sa.Column("decided_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("armings", "decided_at")
