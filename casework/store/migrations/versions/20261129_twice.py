"""Which case gives way to which, where the same person has asked twice."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_twice"
down_revision = "20261129_by_date"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; with its constant default no row is rewritten."""
    text = sa.Text(collation="C")
    op.add_column("openings", sa.Column("gives_way_to", text, server_default="", nullable=False))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("openings", "gives_way_to")
