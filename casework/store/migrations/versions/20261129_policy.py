"""Orders that move running cases to newer policy, and what became of each case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261129_policy"
down_revision = "20261129_measures"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "policy_orders",
        sa.Column("order_no", TEXT, nullable=False),
        sa.Column("policy", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["order_no"], ["orders.no"], name="policy_orders_order_no_fkey"),
        sa.ForeignKeyConstraint(
            ["policy"], ["service_items.digest"], name="policy_orders_policy_fkey"
        ),
        sa.PrimaryKeyConstraint("order_no", name="policy_orders_pkey"),
    )
    op.create_table(
        "policy_moves",
        sa.Column("order_no", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("policy", TEXT, server_default="", nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("code", TEXT, server_default="", nullable=False),
        sa.Column("at", TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_no"], ["orders.no"], name="policy_moves_order_no_fkey"),
        sa.PrimaryKeyConstraint("order_no", "case_no", name="policy_moves_pkey"),
    )
    op.create_index(
        "policy_moves_waiting_idx",
        "policy_moves",
        ["order_no", "case_no"],
        postgresql_where=sa.text("outcome = 'waiting'"),
    )


def downgrade() -> None:
    """Drop them, and with them what became of each case of such orders."""
    op.drop_table("policy_moves")
    op.drop_table("policy_orders")
