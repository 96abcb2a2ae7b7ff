"""The register."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
TIME = sa.TIMESTAMP(timezone=True)
NOW = sa.text("now()")
OPEN = sa.text("closed_at IS NULL")
NEWEST = (sa.text("received_at DESC"), sa.text("case_no DESC"))
WORKLIST = ("due_or_never", "case_no", "task")


def upgrade() -> None:
    op.create_table(
        "openings",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("rehearsal", sa.Interval(), nullable=False),
        sa.Column("started_by_run", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("case_no", name="openings_pkey"),
        sa.UniqueConstraint(
            "district", "source", "reference", name="openings_district_source_reference_key"
        ),
    )
    op.create_index("openings_reference_idx", "openings", ["reference"])
    op.create_index("openings_subject_idx", "openings", ["subject"])
    op.create_table(
        "service_items",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="service_items_pkey"),
    )
    op.create_table(
        "uploads",
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", TEXT, nullable=False),
        sa.Column("uploaded_at", TIME, nullable=False),
        sa.Column("uploaded_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="uploads_pkey"),
    )
    op.create_table(
        "cards",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("clock", TEXT, nullable=False),
        sa.Column("rung", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("backup", TEXT, nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.Column("cleared_at", TIME, nullable=True),
        sa.Column("cleared_by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="cards_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "clock", "rung", name="cards_pkey"),
    )
    op.create_index(
        "cards_open_idx",
        "cards",
        ["rung", "given_at"],
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_table(
        "cases",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("item_name", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("policy", TEXT, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("stage_since", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("card", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("green", sa.Boolean(), nullable=False),
        sa.Column("open_debts", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="cases_case_no_fkey"),
        sa.ForeignKeyConstraint(["policy"], ["service_items.digest"], name="cases_policy_fkey"),
        sa.PrimaryKeyConstraint("case_no", name="cases_pkey"),
    )
    op.create_index(
        "cases_card_newest_idx",
        "cases",
        ["card", *NEWEST],
        postgresql_where=sa.text("card != 'none'"),
    )
    op.create_index("cases_district_newest_idx", "cases", ["district", *NEWEST])
    op.create_index("cases_district_stage_newest_idx", "cases", ["district", "stage", *NEWEST])
    op.create_index(
        "cases_due_on_idx", "cases", ["due_on"], postgresql_where=sa.text("due_on IS NOT NULL")
    )
    op.create_index(
        "cases_green_newest_idx", "cases", [*NEWEST], postgresql_where=sa.text("green IS true")
    )
    op.create_index(
        "cases_holder_newest_idx",
        "cases",
        ["holder", *NEWEST],
        postgresql_where=sa.text("holder != ''"),
    )
    op.create_index(
        "cases_in_debt_newest_idx", "cases", [*NEWEST], postgresql_where=sa.text("open_debts > 0")
    )
    op.create_index("cases_item_newest_idx", "cases", ["item", *NEWEST])
    op.create_index("cases_newest_idx", "cases", [*NEWEST])
    op.create_table(
        "clocks",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("clock", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="clocks_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "clock", name="clocks_pkey"),
    )
    op.create_index(
        "clocks_running_idx", "clocks", ["due_on"], postgresql_where=sa.text("ended_on IS NULL")
    )
    op.create_table(
        "credit_records",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("material", TEXT, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("repaired_at", TIME, nullable=True),
        sa.Column("repaired_by", TEXT, server_default="", nullable=False),
        sa.Column("repair_reason", TEXT, server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["openings.case_no"], name="credit_records_case_no_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="credit_records_pkey"),
    )
    op.create_index("credit_records_case_no_idx", "credit_records", ["case_no"])
    op.create_table(
        "debts",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("material", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("offered_by", TEXT, nullable=False),
        sa.Column("consented_by", TEXT, nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("by_measure", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="debts_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "material", name="debts_pkey"),
    )
    op.create_table(
        "events",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_at", TIME, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="events_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "seq", name="events_pkey"),
    )
    op.create_table(
        "materials",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("material", TEXT, nullable=False),
        sa.Column("form", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="materials_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "number", name="materials_pkey"),
    )
    op.create_table(
        "notices",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("reference", TEXT, server_default="", nullable=False),
        sa.Column("problem", TEXT, server_default="", nullable=False),
        sa.Column("at", TIME, nullable=True),
        sa.Column("queued_at", TIME, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="notices_case_no_fkey"),
        sa.PrimaryKeyConstraint("key", name="notices_pkey"),
    )
    op.create_index("notices_case_no_idx", "notices", ["case_no"])
    op.create_index(
        "notices_unsent_idx",
        "notices",
        ["queued_at", "key"],
        postgresql_where=sa.text("status != 'sent'"),
    )
    op.create_table(
        "parties",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("id_number", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("phone", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="parties_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "role", name="parties_pkey"),
    )
    op.create_table(
        "superseded_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("superseded_at", TIME, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["openings.case_no"], name="superseded_events_case_no_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="superseded_events_pkey"),
    )
    op.create_index("superseded_events_case_no_idx", "superseded_events", ["case_no"])
    op.create_table(
        "tasks",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("task", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("backup", TEXT, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("closed_by", TEXT, nullable=False),
        sa.Column(
            "due_or_never",
            sa.Date(),
            sa.Computed("COALESCE(due_on, '9999-12-31'::date)", persisted=True),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="tasks_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", "task", name="tasks_pkey"),
    )
    op.create_index("tasks_of_backup_idx", "tasks", ["backup", *WORKLIST], postgresql_where=OPEN)
    op.create_index(
        "tasks_of_district_idx", "tasks", ["district", *WORKLIST], postgresql_where=OPEN
    )
    op.create_index("tasks_of_holder_idx", "tasks", ["holder", *WORKLIST], postgresql_where=OPEN)
    op.create_index("tasks_of_role_idx", "tasks", ["role", *WORKLIST], postgresql_where=OPEN)
    op.create_index("tasks_open_idx", "tasks", [*WORKLIST], postgresql_where=OPEN)


def downgrade() -> None:
    for table in (
        "tasks",
        "superseded_events",
        "parties",
        "notices",
        "materials",
        "events",
        "debts",
        "credit_records",
        "clocks",
        "cases",
        "cards",
        "uploads",
        "service_items",
        "openings",
    ):
        op.drop_table(table)
