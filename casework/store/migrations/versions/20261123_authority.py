"""Whose case it is, and how it moves between districts."""

revision = "20261123_authority"
down_revision = "20261123_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
