"""One way of telling many cases: what absences, leavers and relations tell, and how far it came.

Only adds: workers of the last release go on beside it. What such an order has not told by then, it
tells again; a case that looks twice finds nothing new.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261203_telling"
down_revision = "20261202_letters"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Create the table, and what the receipts of orders have in common with it."""
    op.create_table(
        "tellings",
        sa.Column("about", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("code", TEXT, server_default="", nullable=False),
        sa.Column("at", TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="tellings_case_no_fkey"),
        sa.PrimaryKeyConstraint("about", "case_no", name="tellings_pkey"),
    )
    op.create_index(
        "tellings_waiting_idx",
        "tellings",
        ["about", "case_no"],
        postgresql_where=sa.text("outcome = 'waiting'"),
    )
    op.add_column(
        "shares",
        sa.Column("to_come", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.execute(
        "UPDATE shares SET to_come = false FROM tasks"
        " WHERE tasks.case_no = shares.case_no AND tasks.role = shares.role"
    )
    op.create_index(
        "shares_to_come_idx", "shares", ["holder", "at"], postgresql_where=sa.text("to_come")
    )
    op.add_column("receipts", sa.Column("code", TEXT, server_default="", nullable=False))
    op.create_index(
        "receipts_waiting_idx",
        "receipts",
        ["order_no", "case_no"],
        postgresql_where=sa.text("outcome = 'claimed'"),
    )


def downgrade() -> None:
    """Drop both; what still waits is told by nobody."""
    op.drop_index("receipts_waiting_idx", table_name="receipts")
    op.drop_column("receipts", "code")
    op.drop_index("shares_to_come_idx", table_name="shares")
    op.drop_column("shares", "to_come")
    op.drop_table("tellings")
