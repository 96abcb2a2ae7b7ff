"""The tables of the register.

``events`` is the record; ``cases``, ``clocks``, ``tasks``, ``cards``, ``debts`` and ``materials``
follow from it (``casework.domain.case.projection``) and can be rebuilt at any time. Their columns
bear the names of the projection's fields: the recorder relies on it. Personal data are in
``parties`` and nowhere else.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Computed, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.domain.case.projection import AwaitedRow, Stretches
from casework.domain.kinds.application.events import DEEMED
from casework.store.models.model import CaseNo, Key, Model


class ServiceItems(Model):
    """The policies that cases were opened under, each once."""

    __tablename__ = "service_items"

    digest: Mapped[Key]
    code: Mapped[str]
    district: Mapped[str]
    name: Mapped[str]
    body: Mapped[dict[str, Any]]


class Openings(Model):
    """What is told once about a case and follows from no event: whose request it is.

    ``kind`` is a ``CaseKind``; one reference may stand for a case of each kind. ``subject`` and
    ``employer_subject`` are pseudonyms, ``opened_by`` is a code; only the employer may change.
    ``concerns``: number of another case that it is about, whose officers keep away from it.
    ``gives_way_to``: number of the case for which this one is being, or was, refused as duplicate.
    """

    __tablename__ = "openings"
    __table_args__ = (
        UniqueConstraint("kind", "district", "source", "reference"),
        Index(None, "reference"),
    )

    case_no: Mapped[Key]
    district: Mapped[str]
    source: Mapped[str]
    reference: Mapped[str]
    content: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    rehearsal: Mapped[timedelta]
    started_by_run: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="application")
    opened_by: Mapped[str] = mapped_column(server_default="")
    employer_subject: Mapped[str] = mapped_column(server_default="")
    gives_way_to: Mapped[str] = mapped_column(server_default="")
    concerns: Mapped[str] = mapped_column(server_default="")


Index(
    "openings_of_kind_idx",
    Openings.kind,
    Openings.case_no,
    postgresql_where=Openings.kind != "application",
)
Index("openings_opened_by_idx", Openings.opened_by, Openings.case_no)
Index(
    "openings_employer_idx",
    Openings.employer_subject,
    Openings.case_no,
    postgresql_where=Openings.employer_subject != "",
)


class Events(Model):
    """What happened. ``at`` is the case's own time, ``recorded_at`` the server's.

    ``hash`` links it to the event before (`casework.security.audit.hashing`); empty from before the
    chain. ``place`` orders the feed of changes (`casework.store.queries.feed`); None from before.
    """

    __tablename__ = "events"

    case_no: Mapped[CaseNo]
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    reason: Mapped[str]
    body: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    hash: Mapped[str] = mapped_column(server_default="")
    place: Mapped[int | None] = mapped_column(BigInteger, server_default=text("feed_place()"))


Index(
    "events_place_idx",
    Events.place,
    Events.case_no,
    Events.seq,
    postgresql_where=Events.place.is_not(None),
)


REPORTED = (
    "kind IN ('notice_given', 'second_notice_blocked', 'returned_by_superior',"
    " 'pre_review_passed', 'deferral_promised', 'debt_overdue', 'debt_breached', 'green_opened',"
    f" 'green_ended') OR (kind = 'accepted' AND title = '{DEEMED}')"
)
"""The events that reports count; a query has these very words, so that the index is used.

They are read in the clear, and so also of a case whose secret is erased.
"""
Index(
    "events_reported_idx",
    *(Events.case_no, Events.kind, Events.at),
    postgresql_where=text(REPORTED),
)

Index("events_recorded_at_idx", Events.recorded_at, postgresql_using="brin")


class SupersededEvents(Model):
    """Events that the workflow, after a crash or a reset, decided anew under the same number."""

    __tablename__ = "superseded_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("openings.case_no"), index=True)
    seq: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    reason: Mapped[str]
    body: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    hash: Mapped[str] = mapped_column(server_default="")


class Cases(Model):
    """Where each case stands: the row that lists and searches read.

    When it is due next follows from its running clocks.
    """

    __tablename__ = "cases"

    case_no: Mapped[CaseNo]
    district: Mapped[str]
    item: Mapped[str]
    item_name: Mapped[str]
    office: Mapped[str]
    channel: Mapped[str]
    policy: Mapped[str] = mapped_column(ForeignKey("service_items.digest"))
    stage: Mapped[str]
    stage_since: Mapped[datetime]
    received_at: Mapped[datetime]
    accepted_on: Mapped[date | None]
    decided_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    card: Mapped[str]
    holder: Mapped[str]
    green: Mapped[bool]
    open_debts: Mapped[int]
    entitled_on: Mapped[date | None]
    last_seq: Mapped[int]
    assigned: Mapped[str] = mapped_column(server_default="")
    catalogue: Mapped[str] = mapped_column(server_default="")


_CASE_OPEN = Cases.closed_at.is_(None)
# Pages are newest first. The partial indexes are for the few cases that somebody looks for.
_PAGE = (Cases.received_at.desc(), Cases.case_no.desc())
Index("cases_newest_idx", *_PAGE)
Index("cases_district_newest_idx", Cases.district, *_PAGE)
Index("cases_district_stage_newest_idx", Cases.district, Cases.stage, *_PAGE)
Index("cases_item_newest_idx", Cases.item, *_PAGE)
Index("cases_holder_newest_idx", Cases.holder, *_PAGE, postgresql_where=Cases.holder != "")
Index("cases_card_newest_idx", Cases.card, *_PAGE, postgresql_where=Cases.card != "none")
Index("cases_green_newest_idx", *_PAGE, postgresql_where=text("green IS true"))
Index("cases_in_debt_newest_idx", *_PAGE, postgresql_where=Cases.open_debts > 0)
_OPEN_PAGE = (Cases.district, Cases.stage, *_PAGE)  # counted by stage in the index alone
Index("cases_open_stage_idx", *_OPEN_PAGE, postgresql_where=_CASE_OPEN)
Index(
    "cases_decided_idx",
    Cases.district,
    Cases.decided_on,
    postgresql_where=Cases.decided_on.is_not(None),
)
Index("cases_open_idx", Cases.case_no, postgresql_where=_CASE_OPEN)


class Tasks(Model):
    """Work for people. ``due_or_never`` orders a list; a page can go on from any of its values."""

    __tablename__ = "tasks"

    case_no: Mapped[CaseNo]
    task: Mapped[Key]
    district: Mapped[str]
    kind: Mapped[str]
    about: Mapped[str]
    role: Mapped[str]
    holder: Mapped[str]
    backup: Mapped[str]
    opened_at: Mapped[datetime]
    due_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str]
    barred: Mapped[str] = mapped_column(server_default="")
    team: Mapped[str] = mapped_column(server_default="")
    asked_by: Mapped[str] = mapped_column(server_default="")
    nudged_at: Mapped[datetime | None]
    due_or_never: Mapped[date] = mapped_column(
        Computed("COALESCE(due_on, '9999-12-31'::date)", persisted=True)
    )


_WORKLIST = (Tasks.due_or_never, Tasks.case_no, Tasks.task)
_OPEN = Tasks.closed_at.is_(None)
Index("tasks_open_idx", *_WORKLIST, postgresql_where=_OPEN)
Index("tasks_of_holder_idx", Tasks.holder, *_WORKLIST, postgresql_where=_OPEN)
Index("tasks_of_backup_idx", Tasks.backup, *_WORKLIST, postgresql_where=_OPEN)
Index("tasks_of_district_idx", Tasks.district, *_WORKLIST, postgresql_where=_OPEN)
Index("tasks_of_role_idx", Tasks.role, *_WORKLIST, postgresql_where=_OPEN)
_WAITING = (Tasks.opened_at, Tasks.case_no, Tasks.task)
Index("tasks_opened_idx", *_WAITING, postgresql_where=_OPEN)
# An officer has few enough to be sorted.
Index("tasks_of_district_opened_idx", Tasks.district, *_WAITING, postgresql_where=_OPEN)
Index("tasks_of_role_opened_idx", Tasks.role, *_WAITING, postgresql_where=_OPEN)
Index(
    "tasks_of_team_opened_idx",
    Tasks.team,
    *_WAITING,
    postgresql_where=_OPEN & (Tasks.team != ""),
)
Index("tasks_of_team_idx", Tasks.team, *_WORKLIST, postgresql_where=_OPEN & (Tasks.team != ""))


class Opinions(Model):
    """What was asked of whom, and whether it was given; the words stand in the events."""

    __tablename__ = "opinions"

    case_no: Mapped[CaseNo]
    task: Mapped[Key]
    asked: Mapped[str]
    asked_as: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    asked_seq: Mapped[int]
    clock: Mapped[str]
    given_at: Mapped[datetime | None]
    given_seq: Mapped[int | None]
    late: Mapped[bool]
    withdrawn_at: Mapped[datetime | None]
    files: Mapped[tuple[str, ...]]


_WAITED_FOR = Opinions.given_at.is_(None) & Opinions.withdrawn_at.is_(None)
Index("opinions_awaited_idx", Opinions.asked_by, Opinions.case_no, postgresql_where=_WAITED_FOR)


class Cards(Model):
    """The cards of the ladder; a card's id is ``<clock>:<rung>``, and one is open at most."""

    __tablename__ = "cards"

    case_no: Mapped[CaseNo]
    clock: Mapped[Key]
    rung: Mapped[Key]
    holder: Mapped[str]
    backup: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(primary_key=True)
    cleared_at: Mapped[datetime | None]
    cleared_by: Mapped[str]
    reason: Mapped[str]
    due_on: Mapped[date | None]


Index(
    "cards_newest_idx",
    *(Cards.given_at.desc(), Cards.case_no.desc(), Cards.clock.desc(), Cards.rung.desc()),
)
Index("cards_open_idx", Cards.rung, Cards.given_at, postgresql_where=Cards.cleared_at.is_(None))
_OPEN_CARD = (Cards.case_no, Cards.clock, Cards.rung, Cards.given_at)
Index("cards_of_holder_idx", Cards.holder, *_OPEN_CARD, postgresql_where=Cards.cleared_at.is_(None))
Index("cards_of_backup_idx", Cards.backup, *_OPEN_CARD, postgresql_where=Cards.cleared_at.is_(None))
Index(
    "cards_open_red_idx",
    *_OPEN_CARD,
    postgresql_where=Cards.cleared_at.is_(None) & (Cards.rung == "red"),
)


class Debts(Model):
    """Deferred materials, one line each."""

    __tablename__ = "debts"

    case_no: Mapped[CaseNo]
    material: Mapped[Key]
    name: Mapped[str]
    mode: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    offered_by: Mapped[str]
    consented_by: Mapped[str]
    promised_on: Mapped[date | None]
    received_on: Mapped[date | None]
    checked_on: Mapped[date | None]
    by_measure: Mapped[str]


class Materials(Model):
    """What lies in the case's file, numbered in the order of arrival."""

    __tablename__ = "materials"

    case_no: Mapped[CaseNo]
    number: Mapped[int] = mapped_column(primary_key=True)
    material: Mapped[str]
    form: Mapped[str]
    sha256: Mapped[str]
    received_at: Mapped[datetime]


class Notices(Model):
    """Notices to people: ``status`` is queued, sent or refused; ``key`` is sent to at most once."""

    __tablename__ = "notices"

    key: Mapped[Key]
    case_no: Mapped[str] = mapped_column(ForeignKey("openings.case_no"), index=True)
    seq: Mapped[int]
    template: Mapped[str]
    recipient: Mapped[str]
    channel: Mapped[str]
    status: Mapped[str]
    reference: Mapped[str] = mapped_column(server_default="")
    problem: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime | None]
    queued_at: Mapped[datetime] = mapped_column(server_default=func.now())


Index(
    "notices_unsent_idx",
    Notices.queued_at,
    Notices.key,
    postgresql_where=Notices.status != "sent",
)


class Letters(Model):
    """Letters as documents (文书): one for each event that is told of, whoever gets it.

    ``number`` is the 文号, ``code`` what nobody can guess; ``sha256`` is that of the PDF, empty
    until there is one. A number is never used again: ``voided_at`` is when its event was taken back
    before anybody was told. ``revoked_on``: when it ceased to hold; ``revoked_by``: the number of
    the letter that says so, empty until there is one.
    ``seal``: what the city's seal has given, ``file`` or ``signature``, and ``sealed_sha256`` its
    digest; empty where the letter is not sealed.
    ``rating_code`` is another that nobody can guess: whoever has it may rate the case, once.
    ``officer``: the code of whom it names as contact; empty where it names the office's.
    """

    __tablename__ = "letters"
    __table_args__ = (UniqueConstraint("district", "series", "year", "ordinal"),)

    number: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("openings.case_no"))
    seq: Mapped[int]
    template: Mapped[str]
    title: Mapped[str]
    district: Mapped[str]
    series: Mapped[str]
    year: Mapped[int]
    ordinal: Mapped[int]
    issued_on: Mapped[date]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sha256: Mapped[str] = mapped_column(server_default="")
    voided_at: Mapped[datetime | None]
    revoked_on: Mapped[date | None]
    revoked_by: Mapped[str] = mapped_column(server_default="")
    seal: Mapped[str] = mapped_column(server_default="")
    sealed_sha256: Mapped[str] = mapped_column(server_default="")
    officer: Mapped[str] = mapped_column(server_default="")
    seal_reference: Mapped[str] = mapped_column(server_default="")
    rating_code: Mapped[str | None] = mapped_column(unique=True)


Index(
    "letters_of_event_key",
    Letters.case_no,
    Letters.seq,
    unique=True,
    postgresql_where=Letters.voided_at.is_(None),
)
Index("letters_case_no_idx", Letters.case_no)
Index("letters_sha256_idx", Letters.sha256, postgresql_where=Letters.sha256 != "")
Index(
    "letters_sealed_sha256_idx",
    Letters.sealed_sha256,
    postgresql_where=Letters.sealed_sha256 != "",
)


class LetterNumbers(Model):
    """The last number given, by district, kind of letter and year; locked while one is given."""

    __tablename__ = "letter_numbers"

    district: Mapped[Key]
    series: Mapped[Key]
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Parties(Model):
    """The people and firms of a case: the only personal data."""

    __tablename__ = "parties"

    case_no: Mapped[CaseNo]
    role: Mapped[Key]
    name: Mapped[str]
    id_number: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]


class CreditRecords(Model):
    """Broken promises. While one is unrepaired, the subject of its case may defer nothing more."""

    __tablename__ = "credit_records"

    id: Mapped[Key]
    case_no: Mapped[str] = mapped_column(ForeignKey("openings.case_no"), index=True)
    seq: Mapped[int]
    material: Mapped[str]
    recorded_at: Mapped[datetime]
    reason: Mapped[str]
    repaired_at: Mapped[datetime | None]
    repaired_by: Mapped[str] = mapped_column(server_default="")
    repair_reason: Mapped[str] = mapped_column(server_default="")


class Operations(Model):
    """What was done under which key: kept when Temporal has forgotten the run in which it was.

    ``id`` is that of the update, ``content`` the digest of what was said, sealed; ``refused`` and
    ``why`` where the attempt was recorded and not carried out.
    """

    __tablename__ = "operations"

    case_no: Mapped[CaseNo]
    id: Mapped[Key]
    verb: Mapped[str]
    content: Mapped[str]
    seq: Mapped[int]
    stage: Mapped[str]
    at: Mapped[datetime]
    refused: Mapped[str] = mapped_column(server_default="")
    why: Mapped[str] = mapped_column(server_default="")


class Uploads(Model):
    """Files in the content store, before and after they belong to a case."""

    __tablename__ = "uploads"

    sha256: Mapped[Key]
    size: Mapped[int]
    media_type: Mapped[str]
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]


class Transfers(Model):
    """Which district handed which case to which other one; follows from the events, as ``cases``.

    ``seq`` is that of the event; ``reason`` is sealed.
    """

    __tablename__ = "transfers"

    case_no: Mapped[CaseNo]
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    from_district: Mapped[str]
    from_office: Mapped[str]
    to_district: Mapped[str]
    to_office: Mapped[str]
    reason: Mapped[str]


Index("transfers_newest_idx", Transfers.at, Transfers.case_no, Transfers.seq)


class Courses(Model):
    """How a clock runs: the fields of ``ClockRow`` that do not say whose it is.

    The ``id`` follows from the columns up to ``ended_on``, and for an ended course from the others
    too (``casework.store.register.courses``): a running course is dated anew, an ended one never
    changes. ``alone`` is the case's number where a suspension bears on that case only, otherwise
    empty.
    """

    __tablename__ = "courses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    office: Mapped[str]
    alone: Mapped[str]
    unit: Mapped[str]
    amount: Mapped[int]
    until: Mapped[date | None]
    rolls: Mapped[bool]
    side: Mapped[str]
    measure: Mapped[str]
    started_on: Mapped[date]
    stops: Mapped[Stretches]
    pending: Mapped[tuple[str, ...]]
    awaited: Mapped[AwaitedRow | None]
    ended_on: Mapped[date | None]
    pauses: Mapped[Stretches]
    due_on: Mapped[date | None]
    fires_on: Mapped[date | None]
    provisional: Mapped[bool]


_RUNNING = Courses.ended_on.is_(None)
Index("courses_running_idx", Courses.district, Courses.office, postgresql_where=_RUNNING)
Index("courses_due_on_idx", Courses.due_on, postgresql_where=_RUNNING)
Index("courses_district_due_idx", Courses.district, Courses.due_on, postgresql_where=_RUNNING)
Index("courses_fires_on_idx", Courses.fires_on, postgresql_where=_RUNNING)


class Clocks(Model):
    """Which course each clock of a case runs, or ran.

    No foreign key: it would make all recorders of a day lock the same few rows.
    """

    __tablename__ = "clocks"

    case_no: Mapped[CaseNo]
    clock: Mapped[Key]
    kind: Mapped[str]
    name: Mapped[str]
    course: Mapped[UUID] = mapped_column(index=True)


DECIDING = "clock = 'decide'"
"""The limit for the decision; a case has one at the most."""
Index(
    "clocks_deciding_idx",
    *(Clocks.case_no, Clocks.course),
    postgresql_where=text(DECIDING),
)

# Few cases have a green channel.
Index(
    "clocks_green_idx",
    *(Clocks.case_no, Clocks.course),
    postgresql_where=text("kind = 'green'"),
)
