"""A task for each event that a receiver refuses.

Only adds: workers of the last release go on beside it, and refuse without opening a task.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261211_undelivered"
down_revision = "20261210_tickets"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Create the table, with a task for what is refused already."""
    op.create_table(
        "undelivered_events",
        sa.Column("webhook", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("problem", TEXT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        *(
            sa.Column(name, TEXT, server_default="", nullable=False)
            for name in ("closed_by", "outcome", "reason")
        ),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhooks.id"], name="undelivered_events_webhook_fkey"
        ),
        sa.PrimaryKeyConstraint("webhook", "case_no", "seq", name="undelivered_events_pkey"),
    )
    op.create_index(
        "undelivered_events_open_idx",
        "undelivered_events",
        ["opened_at", "case_no"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.execute(
        "INSERT INTO undelivered_events (webhook, case_no, seq, problem, opened_at)"
        " SELECT webhook, case_no, seq, problem, at FROM refused_events"
        " WHERE problem <> 'behind_a_refused_event'"
    )


def downgrade() -> None:
    """Drop the tasks; what is refused stays refused."""
    op.drop_index("undelivered_events_open_idx", table_name="undelivered_events")
    op.drop_table("undelivered_events")
