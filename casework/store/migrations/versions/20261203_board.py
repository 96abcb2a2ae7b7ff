"""Indexes for what a supervisor counts: open cases by stage, decisions, cards."""

import sqlalchemy as sa
from alembic import op

revision = "20261203_board"
down_revision = "20261203_rating_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the indexes."""
    op.create_index(
        "cases_open_stage_idx",
        "cases",
        ["district", "stage", sa.text("received_at DESC"), sa.text("case_no DESC")],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "cases_decided_idx",
        "cases",
        ["district", "decided_on"],
        postgresql_where=sa.text("decided_on IS NOT NULL"),
    )
    op.create_index(
        "cards_newest_idx",
        "cards",
        [sa.text(f"{name} DESC") for name in ("given_at", "case_no", "clock", "rung")],
    )


def downgrade() -> None:
    """Drop the indexes."""
    op.drop_index("cards_newest_idx", table_name="cards")
    op.drop_index("cases_decided_idx", table_name="cases")
    op.drop_index("cases_open_stage_idx", table_name="cases")
