"""What the city's seal has made of a letter."""

import sqlalchemy as sa
from alembic import op

revision = "20261203_seals"
down_revision = "20261203_telling"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
COLUMNS = ("seal", "sealed_sha256", "seal_reference")


def upgrade() -> None:
    """Add the columns; no letter of before was sealed."""
    for name in COLUMNS:
        op.add_column("letters", sa.Column(name, TEXT, nullable=False, server_default=""))
    op.create_index(
        "letters_sealed_sha256_idx",
        "letters",
        ["sealed_sha256"],
        postgresql_where=sa.text("sealed_sha256 <> ''"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_index("letters_sealed_sha256_idx", table_name="letters")
    for name in reversed(COLUMNS):
        op.drop_column("letters", name)
