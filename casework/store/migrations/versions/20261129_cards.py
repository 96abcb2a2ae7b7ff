"""The digests of cards, and the way to an officer's open cards."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_cards"
down_revision = "20261129_twice"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
AT = sa.TIMESTAMP(timezone=True)
OPEN = "cleared_at IS NULL"
CARD = ["case_no", "clock", "rung", "given_at"]


def upgrade() -> None:
    op.create_table(
        "card_digests",
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("key", "officer", "district", "channel", "status")
        ),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("red", "yellow", "older")),
        sa.Column("queued_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", AT, nullable=True),
        *(
            sa.Column(name, TEXT, server_default="", nullable=False)
            for name in ("reference", "problem")
        ),
        sa.PrimaryKeyConstraint("key", name="card_digests_pkey"),
    )
    for name, columns in (
        ("day", ["day", "district", "officer"]),
        ("of_district", ["district", "day", "officer"]),
        ("of_officer", ["officer", "day", "district"]),
    ):
        op.create_index(f"card_digests_{name}_idx", "card_digests", columns)
    op.create_table(
        "card_digest_lines",
        *(sa.Column(name, TEXT, nullable=False) for name in ("key", "case_no", "clock", "rung")),
        sa.Column("given_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["key"], ["card_digests.key"], name="card_digest_lines_key_fkey"),
        sa.PrimaryKeyConstraint("key", *CARD, name="card_digest_lines_pkey"),
    )
    op.create_index(
        "card_digest_lines_of_card_idx", "card_digest_lines", ["case_no", "clock", "rung"]
    )
    # The table of cards is small beside that of cases: built in place within the lock timeout.
    for whose in ("holder", "backup"):
        op.create_index(
            f"cards_of_{whose}_idx", "cards", [whose, *CARD], postgresql_where=sa.text(OPEN)
        )
    op.create_index(
        "cards_open_red_idx",
        "cards",
        CARD,
        postgresql_where=sa.text(f"{OPEN} AND rung = 'red'"),
    )


def downgrade() -> None:
    """Drop them: what was told to whom is forgotten, and would be told again."""
    for index in ("cards_open_red_idx", "cards_of_backup_idx", "cards_of_holder_idx"):
        op.drop_index(index, "cards")
    op.drop_table("card_digest_lines")
    op.drop_table("card_digests")
