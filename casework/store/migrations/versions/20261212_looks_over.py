"""A look at a case ends when its person logs out: nobody is warned of somebody who has gone.

Revision ID: 20261212_looks_over
Revises: 20261212_audit_letters
"""

import sqlalchemy as sa
from alembic import op

revision = "20261212_looks_over"
down_revision = "20261212_audit_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark; whoever looks now goes on looking."""
    op.add_column(
        "looks", sa.Column("over", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    """Drop it; a look ends by its time alone."""
    op.drop_column("looks", "over")
