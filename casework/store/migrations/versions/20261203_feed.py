"""The place of each event in the feed of changes, which readers resume by."""

import sqlalchemy as sa
from alembic import op

revision = "20261203_feed"
down_revision = "20261203_board"
branch_labels = None
depends_on = None

FUNCTIONS = """
CREATE FUNCTION feed_base() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT 0::bigint $$;
CREATE FUNCTION feed_place() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT feed_base() + pg_current_xact_id()::text::bigint
$$;
CREATE FUNCTION feed_horizon() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT feed_base() + pg_snapshot_xmin(pg_current_snapshot())::text::bigint
$$;
"""


def upgrade() -> None:
    """Give new events a place; those from before have none, and no row is written anew."""
    for function in FUNCTIONS.split(";\n")[:-1]:
        op.execute(function)
    op.add_column("events", sa.Column("place", sa.BigInteger(), nullable=True))
    op.alter_column("events", "place", server_default=sa.text("feed_place()"))
    op.create_index(
        "events_place_idx",
        "events",
        ["place", "case_no", "seq"],
        postgresql_where=sa.text("place IS NOT NULL"),
    )


def downgrade() -> None:
    """Forget the places; readers have to begin anew."""
    op.drop_index("events_place_idx", "events")
    op.drop_column("events", "place")
    for name in ("feed_horizon", "feed_place", "feed_base"):
        op.execute(f"DROP FUNCTION {name}()")
