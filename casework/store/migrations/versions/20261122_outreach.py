"""Telling people one to one: outreaches, their lists, and how far each person has been told."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_outreach"
down_revision = "20261122_in_force"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
TIME = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "outreaches",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("started_by", TEXT, server_default="", nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("last_round_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="outreaches_pkey"),
    )
    op.create_index("outreaches_about_idx", "outreaches", ["about"])
    op.create_table(
        "contact_requests",
        sa.Column("outreach", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("through", TEXT, nullable=False),
        sa.Column("outcome", TEXT, server_default="", nullable=False),
        sa.Column("at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["outreach"], ["outreaches.id"], name="contact_requests_outreach_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["case_no"], ["openings.case_no"], name="contact_requests_case_no_fkey"
        ),
        sa.PrimaryKeyConstraint("outreach", "case_no", name="contact_requests_pkey"),
    )
    op.create_index(
        "contact_requests_waiting_idx",
        "contact_requests",
        ["outreach", "case_no"],
        postgresql_where=sa.text("at IS NULL"),
    )
    op.create_index("contact_requests_subject_idx", "contact_requests", ["subject"])
    op.create_table(
        "contacts",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("outreach", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("through", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_attempt_on", sa.Date(), nullable=True),
        sa.Column("listed_at", TIME, nullable=False),
        sa.Column("reached_at", TIME, nullable=True),
        sa.Column("settled_at", TIME, nullable=True),
        sa.Column("filed_at", TIME, nullable=True),
        sa.Column("escalated_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="contacts_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "outreach", name="contacts_pkey"),
    )
    op.create_index("contacts_of_outreach_idx", "contacts", ["outreach", "case_no"])


def downgrade() -> None:
    for table in ("contacts", "contact_requests", "outreaches"):
        op.drop_table(table)
