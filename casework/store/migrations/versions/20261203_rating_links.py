"""By which somebody who holds a letter rates the case, without logging in."""

import sqlalchemy as sa
from alembic import op

revision = "20261203_rating_links"
down_revision = "20261203_seals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; letters of before have no such code."""
    op.add_column("letters", sa.Column("rating_code", sa.Text(collation="C"), nullable=True))
    op.create_unique_constraint("letters_rating_code_key", "letters", ["rating_code"])


def downgrade() -> None:
    """Drop it."""
    op.drop_column("letters", "rating_code")
