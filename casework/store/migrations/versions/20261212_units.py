"""The register of units and their mailboxes.

Only adds: workers of the last release go on beside it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "20261212_units"
down_revision = "20261212_restorations"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
INSTANT = TIMESTAMP(timezone=True)
IN_FORCE = sa.text("status = 'in_force'")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "units",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("credit_code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("short_names", JSONB(), nullable=False),
        sa.Column("keys", JSONB(), nullable=False),
        sa.Column("mailbox", TEXT, nullable=False),
        sa.Column("mailbox_is", TEXT, nullable=False),
        sa.Column("contact", TEXT, nullable=False),
        sa.Column("phone", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("replaces", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("proposed_by", TEXT, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", TEXT, server_default="", nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.Column("decision", TEXT, server_default="", nullable=False),
        sa.Column("ended_by", TEXT, server_default="", nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("end_reason", TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="units_pkey"),
    )
    op.create_index("units_newest_idx", "units", ["district", "proposed_at", "id"])
    for name, columns, where in (
        ("units_one_idx", ["district", "credit_code"], IN_FORCE),
        ("units_mailbox_idx", ["district", "mailbox_is"], IN_FORCE),
        ("units_proposed_idx", ["district", "credit_code"], sa.text("status = 'proposed'")),
    ):
        op.create_index(name, "units", columns, unique=True, postgresql_where=where)
    op.create_index("units_keys_idx", "units", ["keys"], postgresql_using="gin")


def downgrade() -> None:
    """Remove it."""
    op.drop_table("units")
