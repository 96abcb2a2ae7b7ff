"""The list of an outreach: which cases are concerned, and on which of them a person is told.

A person (``openings.subject``) is told on one case, the leading one: on which they are told of
something already, else the oldest. The list is made whole in one statement, again at each round.
"""

from datetime import date

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    SQLColumnExpression,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningInsert

from casework.domain.kinds.application.state import OPEN_DEBTS, ApplicationStage, ContactState
from casework.domain.kinds.registry import CaseKind
from casework.domain.orders import MUNICIPALITIES, Scope
from casework.domain.policy import channels_of
from casework.domain.time.clock import Stopped
from casework.domain.time.suspension import REACHING
from casework.store.models import (
    Cases,
    Clocks,
    ContactRequests,
    Contacts,
    Courses,
    Debts,
    Measures,
    Openings,
)
from casework.store.outreach.asking import GONE
from casework.store.outreach.outreaches import Subject

# Any number, the same for ever: two lists made at once could tell one person on two cases.
_LISTING = 20_261_123
_ZONE = "Asia/Shanghai"

PERSON = func.coalesce(func.nullif(Openings.subject, ""), Openings.case_no)
GIVEN_UP = and_(Contacts.state == ContactState.CLOSED, Contacts.escalated_at.is_not(None))
"""A supervisor has closed the open item of somebody who could not be reached."""


async def make_list(
    session: AsyncSession, outreach_id: str, subject: Subject, *, over: bool
) -> int:
    """Put on the list who is not yet, and move contacts whose leading case has ended.

    Returns how many cases are to be asked anew. ``over``: nobody is added any more.
    """
    await session.execute(select(func.pg_advisory_xact_lock(_LISTING)))
    condition = false() if over else concerned(subject)
    written = await session.scalars(_listing(outreach_id, condition))
    return len(written.all())


def concerned(subject: Subject) -> ColumnElement[bool]:
    """Which open cases people are to be told of (domain.md §C.15)."""
    if isinstance(subject, Measures):
        return _under_measure(subject)
    both = subject.clocks == Stopped.BOTH
    stopped = [Courses.side != "" if both else Courses.side == subject.clocks]
    if subject.lifted_on is not None:
        stopped.append(Courses.started_on < subject.lifted_on)
    return _within(subject.scope, subject.key) & _has_clock(*stopped)


def _under_measure(measure: Measures) -> ColumnElement[bool]:
    """The cases for which the measure holds: whom it does not help is told nothing of it."""
    reach = and_(Cases.district == measure.district, Cases.item.in_(measure.items))
    channels = channels_of(measure.channels, measure.online_accepted_from)
    if channels:
        reach &= Cases.channel.in_(channels)
    if measure.effect not in REACHING:
        return reach & _accepted_from(measure, Cases.accepted_on)
    owed = select(1).where(
        Debts.case_no == Cases.case_no,
        Debts.by_measure == measure.effect,
        Debts.status.in_(sorted(OPEN_DEBTS)),
    )
    of_another = _has_clock(Courses.measure.not_in(["", measure.id]))
    held = _has_clock(Courses.measure == measure.id)
    return reach & or_(_waits_under(measure), and_(owed.exists(), ~of_another), held)


def _waits_under(measure: Measures) -> ColumnElement[bool]:
    """Who waits for paper since a day, that of online acceptance, of which the measure speaks.

    It is too late for whose limit runs out before it begins.
    """
    since = cast(func.timezone(_ZONE, Cases.stage_since), Date)
    waits = and_(Cases.stage == ApplicationStage.AWAIT_PAPER, _accepted_from(measure, since))
    if measure.until is not None:
        waits &= since <= measure.until
    return waits & ~_has_clock(Clocks.kind == "paper", Courses.due_on < measure.since)


def _accepted_from(
    measure: Measures, accepted_on: SQLColumnExpression[date] | SQLColumnExpression[date | None]
) -> ColumnElement[bool]:
    if measure.online_accepted_from is None:
        return true()
    # Who is still to be accepted will be so later than that day.
    return func.coalesce(accepted_on >= measure.online_accepted_from, true())


def _has_clock(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    running = select(1).select_from(Clocks).join(Courses, Courses.id == Clocks.course)
    return running.where(
        Clocks.case_no == Cases.case_no, Courses.ended_on.is_(None), *conditions
    ).exists()


def _within(scope: str, key: str) -> ColumnElement[bool]:
    match Scope(scope):
        case Scope.CITY:
            digits = 2 if key[:2] in MUNICIPALITIES else 4
            return Cases.district.startswith(key[:digits])
        case Scope.DISTRICT:
            return Cases.district == key
        case Scope.OFFICE:
            district, _, office = key.partition("/")
            return and_(Cases.district == district, Cases.office == office)
        case Scope.CASE:
            return Cases.case_no == key


def _listing(outreach_id: str, condition: ColumnElement[bool]) -> ReturningInsert[str]:
    pool = _pool(outreach_id, condition)
    leads = _leads(outreach_id)
    elected = _elected(pool, leads)
    leading = union_all(
        select(leads.c.person, leads.c.case_no), select(elected.c.person, elected.c.case_no)
    ).subquery("leading")
    listed = union(
        select(pool.c.person, pool.c.case_no), select(elected.c.person, elected.c.case_no)
    ).subquery("listed")
    through = case((leading.c.case_no == listed.c.case_no, ""), else_=leading.c.case_no)
    rows = select(
        literal(outreach_id, ContactRequests.outreach.type),
        listed.c.case_no,
        listed.c.person,
        through,
    ).join(leading, leading.c.person == listed.c.person)
    written = insert(ContactRequests).from_select(
        ["outreach", "case_no", "subject", "through"], rows
    )
    return written.on_conflict_do_update(
        index_elements=["outreach", "case_no"],
        set_={"through": written.excluded.through, "outcome": "", "at": None},
        where=ContactRequests.through != written.excluded.through,
    ).returning(ContactRequests.case_no)


def _pool(outreach_id: str, condition: ColumnElement[bool]) -> CTE:
    """The open applications that are concerned, and those that were listed before."""
    before = aliased(ContactRequests)
    return (
        select(Cases.case_no, PERSON.label("person"), Cases.received_at)
        .join(Openings, Openings.case_no == Cases.case_no)
        .outerjoin(before, and_(before.case_no == Cases.case_no, before.outreach == outreach_id))
        .where(
            Cases.closed_at.is_(None),
            Openings.kind == CaseKind.APPLICATION,
            or_(condition, before.case_no.is_not(None)),
            func.coalesce(before.outcome, "") != GONE,
        )
        .cte("pool")
    )


def _leads(outreach_id: str) -> CTE:
    """On which case each person is told, was told, or was given up."""
    return (
        select(ContactRequests.subject.label("person"), ContactRequests.case_no)
        .join(Cases, Cases.case_no == ContactRequests.case_no)
        .outerjoin(
            Contacts,
            and_(
                Contacts.case_no == ContactRequests.case_no,
                Contacts.outreach == ContactRequests.outreach,
            ),
        )
        .where(
            ContactRequests.outreach == outreach_id,
            ContactRequests.through == "",
            ContactRequests.outcome != GONE,
            or_(Cases.closed_at.is_(None), Contacts.filed_at.is_not(None), GIVEN_UP),
        )
        .ext(distinct_on(ContactRequests.subject))
        .order_by(ContactRequests.subject, Cases.closed_at.is_(None).desc())
        .cte("leads")
    )


def _elected(pool: CTE, leads: CTE) -> CTE:
    """The leading case of each person who has none yet."""
    carrying = (
        select(
            ContactRequests.subject.label("person"),
            ContactRequests.case_no,
            Cases.received_at,
        )
        .join(Cases, Cases.case_no == ContactRequests.case_no)
        .where(
            ContactRequests.subject.in_(select(pool.c.person)),
            ContactRequests.through == "",
            ContactRequests.outcome != GONE,
            Cases.closed_at.is_(None),
        )
    )
    candidates = union_all(
        carrying.add_columns(literal(0).label("rank")),
        select(pool.c.person, pool.c.case_no, pool.c.received_at, literal(1).label("rank")),
    ).subquery("candidates")
    return (
        select(candidates.c.person, candidates.c.case_no)
        .where(candidates.c.person.not_in(select(leads.c.person)))
        .ext(distinct_on(candidates.c.person))
        .order_by(
            candidates.c.person,
            candidates.c.rank,
            candidates.c.received_at,
            candidates.c.case_no,
        )
        .cte("elected")
    )
