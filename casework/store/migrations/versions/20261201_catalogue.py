"""The published versions of the catalogue, and which of them each case has its policy from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261201_catalogue"
down_revision = "20261201_together"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; the first worker enters the catalogue that it comes with."""
    text = sa.Text(collation="C")
    op.create_table(
        "catalogue_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("order_no", text, nullable=True),
        sa.Column("reason", text, server_default="", nullable=False),
        sa.Column("proposed_by", text, nullable=False),
        sa.Column("approved_by", text, server_default="", nullable=False),
        sa.Column("at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("replaces", text, server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["order_no"], ["orders.no"], name="catalogue_versions_order_no_fkey"
        ),
        sa.PrimaryKeyConstraint("number", name="catalogue_versions_pkey"),
        sa.UniqueConstraint("order_no", name="catalogue_versions_order_no_key"),
    )
    for table in ("cases", "policy_orders"):
        op.add_column(table, sa.Column("catalogue", text, server_default="", nullable=False))


def downgrade() -> None:
    """Drop both."""
    for table in ("cases", "policy_orders"):
        op.drop_column(table, "catalogue")
    op.drop_table("catalogue_versions")
