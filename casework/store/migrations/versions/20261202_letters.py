"""Letters as documents, and the last numbers given to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "20261202_letters"
down_revision = "20261202_contacts"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "letters",
        sa.Column("number", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("series", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("sha256", TEXT, server_default="", nullable=False),
        sa.Column("voided_at", INSTANT, nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("revoked_by", TEXT, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="letters_case_no_fkey"),
        sa.PrimaryKeyConstraint("number", name="letters_pkey"),
        sa.UniqueConstraint("code", name="letters_code_key"),
        sa.UniqueConstraint(
            "district", "series", "year", "ordinal", name="letters_district_series_year_ordinal_key"
        ),
    )
    op.create_index(
        "letters_of_event_key",
        "letters",
        ["case_no", "seq"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.create_index("letters_case_no_idx", "letters", ["case_no"])
    op.create_index(
        "letters_sha256_idx", "letters", ["sha256"], postgresql_where=sa.text("sha256 <> ''")
    )
    op.create_table(
        "letter_numbers",
        sa.Column("district", TEXT, nullable=False),
        sa.Column("series", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district", "series", "year", name="letter_numbers_pkey"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("letter_numbers")
    op.drop_table("letters")
