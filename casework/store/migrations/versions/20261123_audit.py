"""The chain of events and its daily digests."""

revision = "20261123_audit"
down_revision = "20261123_accesses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
