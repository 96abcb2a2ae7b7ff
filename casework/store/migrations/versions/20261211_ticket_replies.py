"""The answers of each ticket, and what the caller has said of each.

Only adds: workers of the last release go on beside it. `casework register rebuild` fills it for
tickets of before from their events.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261211_ticket_replies"
down_revision = "20261211_letter_contact"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "ticket_replies",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.Column("resolution", TEXT, nullable=False),
        sa.Column("revisited_at", INSTANT, nullable=True),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["openings.case_no"], name="ticket_replies_case_no_fkey"
        ),
        sa.PrimaryKeyConstraint("case_no", "number", name="ticket_replies_pkey"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("ticket_replies")
