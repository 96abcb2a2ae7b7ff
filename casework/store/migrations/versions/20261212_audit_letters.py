"""What the digests told last of each letter.

Only adds: workers of the last release go on beside it, and tell of no letter.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261212_audit_letters"
down_revision = "20261211_reports"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Create the table; the next digest of each district tells of all its letters."""
    op.create_table(
        "audit_letters",
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("number", "sha256", "sealed", "revoked")
        ),
        sa.PrimaryKeyConstraint("number", name="audit_letters_pkey"),
    )


def downgrade() -> None:
    """Drop the table; the digests keep what they told."""
    op.drop_table("audit_letters")
