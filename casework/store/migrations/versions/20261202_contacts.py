"""That the address of somebody who has left was erased, when, and by which order."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261202_contacts"
down_revision = "20261202_relations"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Add the columns, for which no row needs to be written anew."""
    instant = TIMESTAMP(timezone=True)
    op.add_column("staff_contacts", sa.Column("erased_at", instant, nullable=True))
    op.add_column("staff_contacts", sa.Column("erased_by", TEXT, server_default="", nullable=False))


def downgrade() -> None:
    """Drop them; what was erased stays erased."""
    for column in ("erased_by", "erased_at"):
        op.drop_column("staff_contacts", column)
