"""Declared relations of which the cases have still to be told (回避)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261202_relations"
down_revision = "20261202_rebalancing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was declared before, the API has told the cases."""
    op.add_column("relations", sa.Column("to_tell_since", TIMESTAMP(timezone=True), nullable=True))
    op.create_index(
        "relations_to_tell_idx",
        "relations",
        ["to_tell_since"],
        postgresql_where=sa.text("to_tell_since IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_index("relations_to_tell_idx", table_name="relations")
    op.drop_column("relations", "to_tell_since")
