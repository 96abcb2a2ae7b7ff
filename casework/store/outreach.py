"""Telling people one to one: outreaches, their lists, and how far each person has been told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime

from pydantic import AwareDatetime, TypeAdapter
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
    tuple_,
    union,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningInsert

from casework.domain.authority import Sight
from casework.domain.kinds.application.shown import ContactRow
from casework.domain.kinds.application.state import OPEN_DEBTS, ApplicationStage, ContactState
from casework.domain.kinds.registry import CaseKind
from casework.domain.orders import Scope
from casework.domain.policy import MUNICIPALITIES, channels_of
from casework.domain.time.clock import Stopped
from casework.domain.time.suspension import REACHING
from casework.messages.outreach import About, Progress, StartOutreach
from casework.store.access import in_cities, seen_cases
from casework.store.models import (
    Cases,
    Clocks,
    ContactRequests,
    Contacts,
    Courses,
    Debts,
    Measures,
    Openings,
    Outreaches,
    Suspensions,
)
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded

# --- outreaches ----------------------------------------------------------------------------
# What they are about, and how their rounds go.


@dataclass(frozen=True, kw_only=True)
class Outreach:
    """An outreach as it stands in the register."""

    id: str
    kind: str
    about: str
    text: str
    started_by: str
    started_at: datetime
    last_round_at: datetime | None
    ended_at: datetime | None


Subject = Measures | Suspensions
"""What an outreach is about."""


async def subject_of(session: AsyncSession, kind: str, about: str) -> Subject | None:
    """The measure or the suspension of that id; None if there is none."""
    if kind == About.MEASURE:
        return await session.get(Measures, about)
    return await session.get(Suspensions, about) if kind == About.SUSPENSION else None


def is_over(subject: Subject, day: date) -> bool:
    """Whether it is no longer in force on ``day``; what is only announced is not over."""
    last = subject.until if isinstance(subject, Measures) else subject.lifted_on
    return last is not None and last < day


def place_of(subject: Subject) -> str:
    """Where it bears: a district, or a city."""
    return subject.district if isinstance(subject, Measures) else subject.key[:6]


def district_of(subject: Subject) -> str:
    """The district whose calendar holds for it; empty for a city."""
    if isinstance(subject, Measures):
        return subject.district
    return "" if subject.scope == "city" else subject.key[:6]


async def open_outreach(session: AsyncSession, start: StartOutreach, at: datetime) -> None:
    """Write the outreach; a repeat changes nothing."""
    row = insert(Outreaches).values(
        id=start.id,
        kind=start.kind,
        about=start.about,
        text=start.text,
        started_by=start.started_by,
        started_at=at,
    )
    await session.execute(row.on_conflict_do_nothing())


async def outreach(session: AsyncSession, outreach_id: str) -> Outreach | None:
    """The outreach of that id; None if there is none."""
    found = await session.get(Outreaches, outreach_id)
    return _view(found) if found else None


async def running_about(session: AsyncSession, about: str) -> Outreach | None:
    """An outreach about the same that has not ended; None if there is none."""
    query = select(Outreaches).where(Outreaches.about == about, Outreaches.ended_at.is_(None))
    found = await session.scalar(query.order_by(Outreaches.started_at).limit(1))
    return _view(found) if found else None


def _key(row: Outreach) -> tuple[datetime, str]:
    return row.started_at, row.id


_KEYSET = Keyset("outreaches", _key, TypeAdapter(tuple[AwareDatetime, str]))


async def outreaches_page(
    session: AsyncSession,
    *,
    cities: Collection[str] | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[Outreach]:
    """A page of outreaches, the newest first; raises `CursorError`.

    ``cities``: about what bears on one of these; None: all.
    """
    size = bounded(size)
    query = select(Outreaches).order_by(Outreaches.started_at.desc(), Outreaches.id.desc())
    if cities is not None:
        of_measures = select(Measures.id).where(in_cities(Measures.district, cities))
        of_suspensions = select(Suspensions.id).where(in_cities(Suspensions.key, cities))
        about = Outreaches.about
        query = query.where(or_(about.in_(of_measures), about.in_(of_suspensions)))
    if after:
        query = query.where(tuple_(Outreaches.started_at, Outreaches.id) < _KEYSET.key(after))
    found = await session.scalars(query.limit(size + 1))
    return _KEYSET.page([_view(row) for row in found], size)


def _view(row: Outreaches) -> Outreach:
    return Outreach(**{name: getattr(row, name) for name in Outreach.__dataclass_fields__})


async def note_round(
    session: AsyncSession, outreach_id: str, at: datetime, *, ended: bool = False
) -> None:
    """Write that a round was made at ``at``, with ``ended`` the last one."""
    times = {"last_round_at": at} | ({"ended_at": at} if ended else {})
    await session.execute(update(Outreaches).where(Outreaches.id == outreach_id).values(times))


async def progress(session: AsyncSession, outreach_id: str, district: str = "") -> Progress:
    """How far the persons of an outreach have been told, those of a district or all."""
    own = Contacts.through == ""
    counted: dict[str, ColumnElement[bool]] = {
        "listed": own,
        "reached": own & Contacts.reached_at.is_not(None),
        "settled": own & Contacts.settled_at.is_not(None),
        "filed": own & Contacts.filed_at.is_not(None),
        "escalated": own & Contacts.escalated_at.is_not(None),
        "closed": own & (Contacts.state == ContactState.CLOSED),
        "shared": Contacts.through != "",
    }
    query = select(
        *(func.count().filter(condition).label(name) for name, condition in counted.items())
    ).where(Contacts.outreach == outreach_id)
    if district:
        query = query.where(Contacts.district == district)
    return Progress(**(await session.execute(query)).mappings().one())


@dataclass(frozen=True, kw_only=True)
class ContactView(ContactRow):
    """A contact with its case."""

    case_no: str
    district: str


def _contact_key(row: ContactView) -> tuple[str]:
    return (row.case_no,)


_CONTACTS = Keyset("contacts", _contact_key, TypeAdapter(tuple[str]))
_CONTACT = [Contacts.__table__.c[field.name] for field in fields(ContactView)]


async def contacts_page(  # noqa: PLR0913 - what, narrowed how, which page
    session: AsyncSession,
    outreach_id: str,
    *,
    state: str = "",
    district: str = "",
    sight: Sight | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[ContactView]:
    """A page of an outreach's contacts by case number; raises `CursorError`."""
    size = bounded(size)
    query = select(*_CONTACT).where(Contacts.outreach == outreach_id)
    if state:
        query = query.where(Contacts.state == state)
    if district:
        query = query.where(Contacts.district == district)
    if sight is not None and not sight.is_whole:
        query = query.where(Contacts.case_no.in_(seen_cases(sight)))
    if after:
        query = query.where(Contacts.case_no > _CONTACTS.key(after)[0])
    found = await session.execute(query.order_by(Contacts.case_no).limit(size + 1))
    return _CONTACTS.page([ContactView(**row) for row in found.mappings()], size)


async def contacts_of_case(session: AsyncSession, case_no: str) -> tuple[ContactView, ...]:
    """What the person of a case is to be told, the oldest first."""
    query = select(*_CONTACT).where(Contacts.case_no == case_no)
    found = await session.execute(query.order_by(Contacts.listed_at, Contacts.outreach))
    return tuple(ContactView(**row) for row in found.mappings())


# --- the list ------------------------------------------------------------------------------
# Which cases are concerned, and on which of them a person is told.
#
# A person (``openings.subject``) is told on one case, the leading one: on which they are told of
# something already, else the oldest. The list is made whole in one statement, again at each round.


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


# --- asking the cases ----------------------------------------------------------------------
# Page by page; and what one case takes over from another.


ASKED = "asked"
GONE = "gone"
"""Outcomes of asking: the case has the request, or there is no such case any more."""

OVER = (ContactState.FILED, ContactState.CLOSED)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A case to be asked; with ``through`` the person is told on that one."""

    case_no: str
    through: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a case is to take over from the one on which its person is told."""

    case_no: str
    reached_at: datetime | None
    settled_at: datetime | None
    filed_at: datetime | None
    closed: bool


async def waiting(session: AsyncSession, outreach_id: str, limit: int) -> tuple[Waiting, ...]:
    """Cases that are still to be asked, in the order of their numbers."""
    query = (
        select(ContactRequests.case_no, ContactRequests.through)
        .where(ContactRequests.outreach == outreach_id, ContactRequests.at.is_(None))
        .order_by(ContactRequests.case_no)
        .limit(limit)
    )
    found = await session.execute(query)
    return tuple(Waiting(case_no=case_no, through=through) for case_no, through in found)


async def note_asked(
    session: AsyncSession, outreach_id: str, outcomes: Mapping[str, str], at: datetime
) -> None:
    """Write which cases were asked and which are gone."""
    for outcome in sorted(set(outcomes.values())):
        numbers = [number for number, each in outcomes.items() if each == outcome]
        await session.execute(
            update(ContactRequests)
            .where(ContactRequests.outreach == outreach_id, ContactRequests.case_no.in_(numbers))
            .values(outcome=outcome, at=at)
        )


async def results(
    session: AsyncSession, outreach_id: str, *, after: str, limit: int
) -> tuple[Result, ...]:
    """What cases have not yet taken over from the leading one, by number, after ``after``."""
    own = aliased(Contacts)
    news = [
        mine.is_(None) & theirs.is_not(None)
        for mine, theirs in (
            (own.reached_at, Contacts.reached_at),
            (own.settled_at, Contacts.settled_at),
            (own.filed_at, Contacts.filed_at),
        )
    ]
    query = (
        select(
            own.case_no,
            Contacts.reached_at,
            Contacts.settled_at,
            Contacts.filed_at,
            GIVEN_UP.label("closed"),
        )
        .join(Contacts, and_(Contacts.case_no == own.through, Contacts.outreach == own.outreach))
        .where(own.outreach == outreach_id, own.case_no > after, own.state.not_in(OVER))
        .where(or_(*news, GIVEN_UP))
        .order_by(own.case_no)
        .limit(limit)
    )
    found = await session.execute(query)
    return tuple(Result(**row) for row in found.mappings())


async def is_waiting(session: AsyncSession, outreach_id: str) -> bool:
    """Whether a case is still to be asked, or waits for what comes of it on another one."""
    asked = select(1).where(ContactRequests.outreach == outreach_id, ContactRequests.at.is_(None))
    told = select(1).where(
        Contacts.outreach == outreach_id, Contacts.through != "", Contacts.state.not_in(OVER)
    )
    return bool(await session.scalar(select(or_(asked.exists(), told.exists()))))
