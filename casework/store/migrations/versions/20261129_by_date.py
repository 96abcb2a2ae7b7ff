"""Lists by the date, and cards for each due date."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261129_by_date"
down_revision = "20261123_authority"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cases of before have no ``ahead`` until they next record something."""
    op.add_column("armings", sa.Column("ahead", JSONB(), nullable=True))
    op.create_index(
        "courses_fires_on_idx",
        "courses",
        ["fires_on"],
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.add_column("cards", sa.Column("due_on", sa.Date(), nullable=True))
    # A card that was withdrawn may be given again for a later due date: both stay.
    op.drop_constraint("cards_pkey", "cards", type_="primary")
    op.create_primary_key("cards_pkey", "cards", ["case_no", "clock", "rung", "given_at"])


def downgrade() -> None:
    """Back to one card a rung."""
    op.drop_constraint("cards_pkey", "cards", type_="primary")
    op.create_primary_key("cards_pkey", "cards", ["case_no", "clock", "rung"])
    op.drop_column("cards", "due_on")
    op.drop_index("courses_fires_on_idx", table_name="courses")
    op.drop_column("armings", "ahead")
