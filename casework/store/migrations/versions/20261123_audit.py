"""The chain of events and its daily digests.

The hashes of events from before are made by ``casework audit seal-history``, beside the workers.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_audit"
down_revision = "20261123_accesses"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
RECORDS = ("events", "superseded_events", "audit_digests")

# Once for each statement, so that it costs a recorder nothing. Who owns the tables can take it
# away: what it stops is a slip, and a program with the rights of ours only.
KEEPING = """
CREATE FUNCTION keep_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('casework.record_may_change', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '% of % is refused: what is recorded stays', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$
"""
KEPT = """
CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION keep_record()
"""


def upgrade() -> None:
    # A constant default is no rewrite: quick on a table of any size.
    for table in ("events", "superseded_events"):
        op.add_column(table, sa.Column("hash", TEXT, server_default="", nullable=False))
    op.create_table(
        "audit_digests",
        sa.Column("district", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("document", "hash", "key", "signature")
        ),
        sa.PrimaryKeyConstraint("district", "number", name="audit_digests_pkey"),
        sa.UniqueConstraint("district", "day", name="audit_digests_district_day_key"),
    )
    op.create_table(
        "audit_heads",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("case_no", name="audit_heads_pkey"),
    )
    op.execute(KEEPING)
    for table in RECORDS:
        op.execute(KEPT.format(table=table))


def downgrade() -> None:
    """Drop chain and digests; only exports still tell what there was."""
    for table in RECORDS:
        op.execute(f"DROP TRIGGER {table}_stay ON {table}")
    op.execute("DROP FUNCTION keep_record()")
    op.drop_table("audit_heads")
    op.drop_table("audit_digests")
    for table in ("superseded_events", "events"):
        op.drop_column(table, "hash")
