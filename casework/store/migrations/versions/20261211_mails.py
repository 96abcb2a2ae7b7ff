"""Mails that bring cases (来件), and the persons whom each names."""

import sqlalchemy as sa
from alembic import op

revision = "20261211_mails"
down_revision = "20261211_undelivered"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "incoming_mails",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("mailbox", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("nature", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("findings", TEXT, nullable=False),
        sa.Column("proposal", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["openings.case_no"], name="incoming_mails_case_no_fkey"
        ),
        sa.PrimaryKeyConstraint("case_no", name="incoming_mails_pkey"),
    )
    op.create_table(
        "incoming_mail_persons",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("said", TEXT, nullable=False),
        sa.Column("online_only", sa.Boolean(), nullable=False),
        sa.Column("opened", TEXT, nullable=False),
        sa.Column("refused", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["openings.case_no"], name="incoming_mail_persons_case_no_fkey"
        ),
        sa.PrimaryKeyConstraint("case_no", "number", name="incoming_mail_persons_pkey"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("incoming_mail_persons")
    op.drop_table("incoming_mails")
