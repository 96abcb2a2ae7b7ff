"""Appointments (预约), and the places that their moves have taken."""

import sqlalchemy as sa
from alembic import op

revision = "20261211_appointments"
down_revision = "20261211_consultations"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "appointments",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("business", TEXT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("until", TEXT, nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("businesses", TEXT, nullable=False),
        sa.Column("takes_place", sa.Boolean(), nullable=False),
        sa.Column("walk_in", sa.Boolean(), nullable=False),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("answers", TEXT, nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["openings.case_no"], name="appointments_case_no_fkey"
        ),
        sa.PrimaryKeyConstraint("case_no", name="appointments_pkey"),
    )
    op.create_index("appointments_day_idx", "appointments", ["day"])
    op.create_index("appointments_keep_until_idx", "appointments", ["keep_until"])
    op.create_table(
        "place_holds",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("office", TEXT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("business", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="place_holds_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", name="place_holds_pkey"),
    )
    op.create_index("place_holds_day_idx", "place_holds", ["day"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("place_holds")
    op.drop_table("appointments")
