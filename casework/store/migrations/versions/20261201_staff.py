"""The people of the offices: their posts by day, and where they are told of cards.

The tables are empty at first: until a worker of the release has brought in the roster files, every
process goes by those files, as before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261201_staff"
down_revision = "20261130_rates"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "staff_posts",
        *(_text(name) for name in ("id", "person", "role", "city", "district")),
        _text("office", server_default=""),
        *(
            sa.Column(name, JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False)
            for name in ("items", "bodies", "classes")
        ),
        _text("team", server_default=""),
        sa.Column("share", sa.Integer(), nullable=False),
        _text("stands_in_for", server_default=""),
        sa.Column("skills", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        _text("origin"),
        _text("ended_by", server_default=""),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="staff_posts_pkey"),
    )
    for column in ("person", "origin", "ended_by"):
        op.create_index(f"staff_posts_{column}_idx", "staff_posts", [column])
    op.create_index("staff_posts_place_idx", "staff_posts", ["city", "district", "person"])
    op.create_table(
        "staff_contacts",
        *(_text(name) for name in ("person", "alerts")),
        *(_text(name, server_default="") for name in ("mail", "sms")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="staff_contacts_pkey"),
    )


def _text(name: str, **options: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False, **options)  # type: ignore[arg-type]


def downgrade() -> None:
    """Drop them: every process goes by the roster files again."""
    op.drop_table("staff_contacts")
    op.drop_table("staff_posts")
