"""Secrets of cases, by which a person's data can be erased for good."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261123_keys"
down_revision = "20261122_service"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    text = sa.Text(collation="C")
    moment = TIMESTAMP(timezone=True)
    op.create_table(
        "case_secrets",
        sa.Column("scope", text, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("erased_at", moment, nullable=True),
        sa.Column("erased_by", text, server_default="", nullable=False),
        sa.Column("erased_reason", text, server_default="", nullable=False),
        sa.Column("erased_basis", text, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("scope", name="case_secrets_pkey"),
    )
    op.create_index(
        "case_secrets_erased_idx",
        "case_secrets",
        ["erased_at"],
        postgresql_where=sa.text("erased_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop it, and with it every way to read what was sealed."""
    op.drop_table("case_secrets")
