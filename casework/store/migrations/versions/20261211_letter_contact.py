"""Whom a letter names as contact, so that it is always the same letter."""

import sqlalchemy as sa
from alembic import op

revision = "20261211_letter_contact"
down_revision = "20261211_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; letters of before name nobody. Workers of the last release write none."""
    column = sa.Column("officer", sa.Text(collation="C"), server_default="", nullable=False)
    op.add_column("letters", column)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("letters", "officer")
