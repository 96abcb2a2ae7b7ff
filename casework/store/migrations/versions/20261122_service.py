"""Cases of other kinds than applications: talents, their requests, ratings, visits; absences."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_service"
down_revision = "20261122_outreach"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
TIME = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    _kinds()
    _talents()
    _requests()
    _ratings()
    _visits()
    _absences()


def _kinds() -> None:
    op.add_column("openings", sa.Column("kind", TEXT, server_default="application", nullable=False))
    op.drop_constraint("openings_district_source_reference_key", "openings")
    op.create_unique_constraint(
        "openings_kind_district_source_reference_key",
        "openings",
        ["kind", "district", "source", "reference"],
    )
    op.create_index(
        "openings_of_kind_idx",
        "openings",
        ["kind", "case_no"],
        postgresql_where=sa.text("kind <> 'application'"),
    )


def _talents() -> None:
    op.create_table(
        "talents",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("cycle", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("letter", TEXT, nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("employer", TEXT, nullable=False),
        sa.Column("credential_kind", TEXT, nullable=False),
        sa.Column("credential_code", TEXT, nullable=False),
        sa.Column("credential_void_on", sa.Date(), nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("served_until", sa.Date(), nullable=True),
        sa.Column("points", TEXT, nullable=False),
        sa.Column("renewed_on", sa.Date(), nullable=True),
        sa.Column("renewal_opens_on", sa.Date(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        *_of_a_case("talents", "case_no"),
    )
    for column in ("letter", "employer", "status"):
        op.create_index(f"talents_{column}_idx", "talents", [column])
    op.create_index(
        "talents_credential_idx",
        "talents",
        ["credential_code"],
        postgresql_where=sa.text("credential_code <> ''"),
    )


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("talent", TEXT, nullable=False),
        sa.Column("letter", TEXT, nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("need", TEXT, nullable=False),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("result", TEXT, nullable=False),
        sa.Column("transferred_to", TEXT, nullable=False),
        *_of_a_case("requests", "case_no"),
    )
    for column in ("talent", "body"):
        op.create_index(f"requests_{column}_idx", "requests", [column])


def _ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("rated", TEXT, nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("comment", TEXT, nullable=False),
        sa.Column("complex", sa.Boolean(), nullable=False),
        sa.Column("contacted_at", TIME, nullable=True),
        sa.Column("justified", sa.Boolean(), nullable=True),
        sa.Column("settlement", TEXT, nullable=False),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("struck", sa.Boolean(), nullable=False),
        *_of_a_case("ratings", "case_no"),
        sa.UniqueConstraint("rated", name="ratings_rated_key"),
    )
    op.create_index("ratings_grade_idx", "ratings", ["grade"])


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("case_no", TEXT, nullable=False),
        sa.Column("request", TEXT, nullable=False),
        sa.Column("talent", TEXT, nullable=False),
        sa.Column("means", TEXT, nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.Column("opinion", TEXT, nullable=False),
        sa.Column("recorded_at", TIME, nullable=True),
        sa.Column("recorded_by", TEXT, nullable=False),
        *_of_a_case("visits", "case_no", "request"),
    )


def _absences() -> None:
    op.create_table(
        "absences",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("officer", TEXT, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("recorded_by", TEXT, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="absences_pkey"),
    )
    op.create_index("absences_officer_idx", "absences", ["officer"])
    op.create_index("absences_days_idx", "absences", ["last_on", "first_on"])


def _of_a_case(table: str, *key: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["case_no"], ["openings.case_no"], name=f"{table}_case_no_fkey"),
        sa.PrimaryKeyConstraint(*key, name=f"{table}_pkey"),
    )


def downgrade() -> None:
    """Only while there are but applications: what else is there could not be told apart."""
    for table in ("absences", "visits", "ratings", "requests", "talents"):
        op.drop_table(table)
    op.drop_index("openings_of_kind_idx", "openings")
    op.drop_constraint("openings_kind_district_source_reference_key", "openings")
    op.create_unique_constraint(
        "openings_district_source_reference_key", "openings", ["district", "source", "reference"]
    )
    op.drop_column("openings", "kind")
