"""Who looked at personal data, and why."""

revision = "20261123_accesses"
down_revision = "20261123_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
