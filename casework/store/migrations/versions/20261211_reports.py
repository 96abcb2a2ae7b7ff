"""Reports: indexes for what they count, and the reports that were taken down.

Only adds: workers of the last release go on beside it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "20261211_reports"
down_revision = "20261211_appointments"
branch_labels = None
depends_on = None

REPORTED = (
    "kind IN ('notice_given', 'second_notice_blocked', 'returned_by_superior',"
    " 'pre_review_passed', 'deferral_promised', 'debt_overdue', 'debt_breached', 'green_opened',"
    " 'green_ended') OR (kind = 'accepted' AND title = '逾期未告知，视为受理')"
)


TEXT = sa.Text(collation="C")
_KEEP = """
CREATE FUNCTION keep_final_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a final report is never changed';
END $$
"""
_KEPT = """
CREATE TRIGGER final_report_stays BEFORE UPDATE OR DELETE ON report_snapshots
FOR EACH ROW WHEN (OLD.final) EXECUTE FUNCTION keep_final_report()
"""


def upgrade() -> None:
    """Create the indexes, and the table with the guard of its final rows."""
    op.create_index(
        "events_reported_idx",
        "events",
        ["case_no", "kind", "at"],
        postgresql_where=sa.text(REPORTED),
    )
    op.create_index(
        "clocks_deciding_idx",
        "clocks",
        ["case_no", "course"],
        postgresql_where=sa.text("clock = 'decide'"),
    )
    op.create_table(
        "report_snapshots",
        sa.Column("period", TEXT, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("taken_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("period", name="report_snapshots_pkey"),
    )
    op.execute(_KEEP)
    op.execute(_KEPT)


def downgrade() -> None:
    """Drop them; what was taken down is lost."""
    op.drop_table("report_snapshots")
    op.execute("DROP FUNCTION keep_final_report")
    op.drop_index("clocks_deciding_idx", table_name="clocks")
    op.drop_index("events_reported_idx", table_name="events")
