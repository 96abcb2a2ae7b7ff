"""The limits of green channels by case, so that reports need not look at each clock of a case.

Only adds: workers of the last release go on beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261212_green_index"
down_revision = "20261212_units"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "clocks_green_idx",
        "clocks",
        ["case_no", "course"],
        postgresql_where=sa.text("kind = 'green'"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("clocks_green_idx", table_name="clocks")
