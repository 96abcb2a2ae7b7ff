"""Secrets of cases, by which a person's data can be erased for good."""

revision = "20261123_keys"
down_revision = "20261122_service"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
