"""Who looked at personal data, and why."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_accesses"
down_revision = "20261123_keys"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")

# A database administrator can take this away again: what it stops is every mistake, and a program
# that has only the rights of ours.
REFUSING = """
CREATE FUNCTION refuse_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;
END
$$
"""
REFUSED = """
CREATE TRIGGER accesses_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accesses
FOR EACH STATEMENT EXECUTE FUNCTION refuse_changes()
"""


def upgrade() -> None:
    op.create_table(
        "accesses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("actor", "role", "district", "what", "case_no", "reason")
        ),
        sa.PrimaryKeyConstraint("id", name="accesses_pkey"),
    )
    op.create_index("accesses_case_no_idx", "accesses", ["case_no"])
    op.create_index("accesses_actor_idx", "accesses", ["actor", "at"])
    op.execute(REFUSING)
    op.execute(REFUSED)


def downgrade() -> None:
    """Drop it: who looked is forgotten."""
    op.drop_table("accesses")
    op.execute("DROP FUNCTION refuse_changes()")
