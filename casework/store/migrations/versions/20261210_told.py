"""Webhooks of systems, the events that their receivers refuse, and calendars of due dates.

Only adds: workers of the last release go on beside it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "20261210_told"
down_revision = "20261210_directory"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhooks",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("system", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        *(
            sa.Column(name, JSONB, server_default=sa.text("'[]'::jsonb"), nullable=False)
            for name in ("events", "districts", "item_codes")
        ),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("after", TEXT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("approved_by", TEXT, server_default="", nullable=False),
        sa.Column("caught_up_at", MOMENT, nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("problem", TEXT, server_default="", nullable=False),
        sa.Column("ping_asked_at", MOMENT, nullable=True),
        sa.Column("ping_sent_at", MOMENT, nullable=True),
        sa.Column("ping_problem", TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="webhooks_pkey"),
    )
    op.create_index("webhooks_system_idx", "webhooks", ["system"])
    op.create_table(
        "refused_events",
        sa.Column("webhook", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("problem", TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("again", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["webhook"], ["webhooks.id"], name="refused_events_webhook_fkey"),
        sa.PrimaryKeyConstraint("webhook", "case_no", "seq", name="refused_events_pkey"),
    )
    op.create_index(
        "refused_events_again_idx",
        "refused_events",
        ["webhook"],
        postgresql_where=sa.text("again"),
    )
    op.create_table(
        "due_calendars",
        sa.Column("officer", TEXT, nullable=False),
        sa.Column("secret_sha256", TEXT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("officer", name="due_calendars_pkey"),
        sa.UniqueConstraint("secret_sha256", name="due_calendars_secret_sha256_key"),
    )
    op.create_index("events_recorded_at_idx", "events", ["recorded_at"], postgresql_using="brin")


def downgrade() -> None:
    """Drop them; systems poll the feed again."""
    op.drop_index("events_recorded_at_idx", table_name="events")
    op.drop_table("due_calendars")
    op.drop_table("refused_events")
    op.drop_table("webhooks")
