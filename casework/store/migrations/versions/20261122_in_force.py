"""What is in force for many cases at once: suspensions, measures, calendars, and their orders.

Of the clocks that are there, only what lists have shown is taken over; ``casework register
rebuild`` completes their courses from the events, and must run before the first order is applied.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261122_in_force"
down_revision = "20261122"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
TIME = sa.TIMESTAMP(timezone=True)
NOW = sa.text("now()")
OPEN_CASES = "INSERT INTO armings (case_no) SELECT case_no FROM cases WHERE closed_at IS NULL"
RUNNING = sa.text("ended_on IS NULL")
COURSE_OF_CLOCK = """
UPDATE clocks SET course = md5(
    ROW(district, unit, amount, started_on, clocks.due_on, ended_on)::text
)::uuid
FROM cases WHERE cases.case_no = clocks.case_no
"""
COURSES = """
INSERT INTO courses
SELECT DISTINCT ON (course) course, district, '', '', unit, amount,
       CASE WHEN unit = 'until' THEN clocks.due_on END, false, '', '', started_on, '[]', '[]',
       ended_on, '[]', clocks.due_on, NULL, provisional
FROM clocks JOIN cases USING (case_no)
"""
BEFORE = (
    ("unit", TEXT),
    ("amount", sa.Integer()),
    ("started_on", sa.Date()),
    ("due_on", sa.Date()),
    ("provisional", sa.Boolean()),
    ("paused", sa.Boolean()),
    ("ended_on", sa.Date()),
)
DUE_AGAIN = """
UPDATE cases SET due_on = running.due_on
FROM (SELECT case_no, min(due_on) AS due_on
      FROM clocks JOIN courses ON courses.id = clocks.course
      WHERE ended_on IS NULL GROUP BY case_no) AS running
WHERE running.case_no = cases.case_no
"""
CLOCKS_AGAIN = """
UPDATE clocks SET (unit, amount, started_on, due_on, provisional, paused, ended_on) =
       (SELECT unit, amount, started_on, due_on, provisional, due_on IS NULL, ended_on
        FROM courses WHERE id = course)
"""


def upgrade() -> None:
    _calendars()
    _suspensions_and_measures()
    _orders()
    _what_cases_know()
    _cases()
    _courses()


def _calendars() -> None:
    op.create_table(
        "calendar_years",
        sa.Column("calendar", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("notice", TEXT, nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("calendar", "year", name="calendar_years_pkey"),
    )
    op.create_table(
        "calendar_days",
        sa.Column("calendar", TEXT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("calendar", "day", name="calendar_days_pkey"),
    )
    op.create_index(
        "calendar_days_working_idx",
        "calendar_days",
        ["calendar", "nth"],
        postgresql_where=sa.text("working"),
        postgresql_include=["day"],
    )


def _suspensions_and_measures() -> None:
    op.create_table(
        "suspensions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("basis", TEXT, nullable=False),
        sa.Column("clocks", TEXT, nullable=False),
        sa.Column("channels", JSONB(), nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="suspensions_pkey"),
    )
    op.create_index("suspensions_key_idx", "suspensions", ["key"])
    op.create_table(
        "measures",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("effect", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("items", JSONB(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("online_accepted_from", sa.Date(), nullable=True),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("mark", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="measures_pkey"),
    )
    op.create_index("measures_district_idx", "measures", ["district"])


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("no", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("proposed_by", TEXT, nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("decided_by", TEXT, server_default="", nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("decision_reason", TEXT, server_default="", nullable=False),
        sa.Column("applied_at", TIME, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("moved", sa.Integer(), nullable=True),
        sa.Column("roused", sa.Integer(), nullable=True),
        sa.Column("refusal", TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("no", name="orders_pkey"),
    )
    op.create_index(
        "orders_newest_idx", "orders", [sa.text("proposed_at DESC"), sa.text("no DESC")]
    )
    op.create_table(
        "changes",
        sa.Column("version", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("order_no", TEXT, nullable=False),
        sa.Column("at", TIME, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["order_no"], ["orders.no"], name="changes_order_no_fkey"),
        sa.PrimaryKeyConstraint("version", name="changes_pkey"),
        sa.UniqueConstraint("order_no", name="changes_order_no_key"),
    )
    op.create_index("changes_key_version_idx", "changes", ["key", "version"])


def _what_cases_know() -> None:
    op.create_table(
        "armings",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("wakes_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="armings_case_no_fkey"),
        sa.PrimaryKeyConstraint("case_no", name="armings_pkey"),
        postgresql_with={"fillfactor": 70},
    )
    op.execute(OPEN_CASES)
    op.create_table(
        "receipts",
        sa.Column("order_no", TEXT, nullable=False),
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("at", TIME, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name="receipts_case_no_fkey"),
        sa.ForeignKeyConstraint(["order_no"], ["orders.no"], name="receipts_order_no_fkey"),
        sa.PrimaryKeyConstraint("order_no", "case_no", name="receipts_pkey"),
    )


def _cases() -> None:
    op.add_column("cases", sa.Column("office", TEXT, nullable=False, server_default=""))
    op.alter_column("cases", "office", server_default=None)
    op.add_column("cases", sa.Column("entitled_on", sa.Date()))
    op.drop_index("cases_due_on_idx", "cases")
    op.drop_column("cases", "due_on")
    op.create_index(
        "cases_open_idx", "cases", ["case_no"], postgresql_where=sa.text("closed_at IS NULL")
    )


def _courses() -> None:
    op.create_table(
        "courses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("office", TEXT, nullable=False),
        sa.Column("alone", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("rolls", sa.Boolean(), nullable=False),
        sa.Column("side", TEXT, nullable=False),
        sa.Column("measure", TEXT, nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("stops", JSONB(), nullable=False),
        sa.Column("pending", JSONB(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("pauses", JSONB(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("fires_on", sa.Date(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="courses_pkey"),
    )
    op.add_column("clocks", sa.Column("course", sa.Uuid()))
    op.execute(COURSE_OF_CLOCK)
    op.execute(COURSES)
    op.alter_column("clocks", "course", nullable=False)
    op.drop_index("clocks_running_idx", "clocks")
    for name in ("unit", "amount", "started_on", "due_on", "provisional", "paused", "ended_on"):
        op.drop_column("clocks", name)
    op.create_index(
        "courses_running_idx", "courses", ["district", "office"], postgresql_where=RUNNING
    )
    op.create_index("courses_due_on_idx", "courses", ["due_on"], postgresql_where=RUNNING)
    op.create_index("clocks_course_idx", "clocks", ["course"])


def downgrade() -> None:
    op.drop_index("cases_open_idx", "cases")
    op.add_column("cases", sa.Column("due_on", sa.Date()))
    op.execute(DUE_AGAIN)
    op.create_index(
        "cases_due_on_idx", "cases", ["due_on"], postgresql_where=sa.text("due_on IS NOT NULL")
    )
    for name in ("entitled_on", "office"):
        op.drop_column("cases", name)
    for name, type_ in BEFORE:
        op.add_column("clocks", sa.Column(name, type_))
    op.execute(CLOCKS_AGAIN)
    for name in ("unit", "amount", "started_on", "provisional", "paused"):
        op.alter_column("clocks", name, nullable=False)
    op.drop_column("clocks", "course")
    op.create_index(
        "clocks_running_idx", "clocks", ["due_on"], postgresql_where=sa.text("ended_on IS NULL")
    )
    for table in (
        "receipts",
        "armings",
        "changes",
        "orders",
        "measures",
        "suspensions",
        "calendar_days",
        "calendar_years",
        "courses",
    ):
        op.drop_table(table)
