"""Rebalancing: the cases that an order hands on, and what became of each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261202_rebalancing"
down_revision = "20261201_catalogue"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, TEXT, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "rebalance_moves",
        *_text("order_no", "case_no", "kind", "role", "holder", "receiver"),
        *_numbers("tasks", "weight", "cap"),
        *_text("why", "outcome"),
        sa.Column("code", TEXT, server_default="", nullable=False),
        sa.Column("at", TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_no"], ["orders.no"], name="rebalance_moves_order_no_fkey"),
        sa.PrimaryKeyConstraint("order_no", "case_no", name="rebalance_moves_pkey"),
    )
    op.create_index(
        "rebalance_moves_waiting_idx",
        "rebalance_moves",
        ["order_no", "case_no"],
        postgresql_where=sa.text("outcome = 'waiting'"),
    )


def downgrade() -> None:
    """Forget what was handed on by which order; the events of the cases keep it."""
    op.drop_table("rebalance_moves")
