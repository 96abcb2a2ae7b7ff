"""What a city's directory (SCIM) says of its people and groups."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261210_directory"
down_revision = "20261203_feed"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "directory_entries",
        sa.Column("directory", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=False, server_default=""),
        sa.Column("active", sa.Boolean),
        sa.Column("members", JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("directory", "kind", "id", name="directory_entries_pkey"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("directory_entries")
