"""Orders that rebalance open work: who would get what, the set of an approved order, its outcomes.

What is handed to whom is fixed when the order is approved, in one transaction that waits for, and
holds up, whoever shares out among the same people. Of very many cases it is a page: the next one is
planned, on what is then, when it has been carried out. Each case is told in turn
(``casework.store.telling``). Nothing here commits.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.events import TaskTakenUp, kind_of_event
from casework.domain.case.facts import Actor
from casework.domain.case.state import Case
from casework.domain.case.supervision import require_may_be_handed_on, require_may_hold
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS
from casework.domain.load import posts_at
from casework.domain.orders import Order, Rebalance
from casework.domain.policy import Role, city_of
from casework.domain.rebalancing import Handing, Holding, Plan, Standing, rebalance
from casework.domain.sharing import WEIGHTS, Bar, Candidate, SharingRule
from casework.domain.staff import StaffPost
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.messages.orders import HandedOn, OrderStatus
from casework.security.keys.errors import ErasedError
from casework.store.engine import among
from casework.store.in_force.order_book import insert_order
from casework.store.models import Cases, Events, Openings, Orders, RebalanceMoves, Relations, Tasks
from casework.store.register.absences import absent_officers
from casework.store.register.cases import state
from casework.store.register.in_force import read_calendar
from casework.store.register.shares import loads_of, take_turns, weight_of
from casework.store.telling import Book, Count, keyset_of

PLANNED_AT_ONCE = 500
"""So many cases are planned in one transaction, and listed by a preview."""

_KINDS = frozenset(kind for kind, each in KINDS.items() if "reassign" in each.verbs)

Rules = Callable[[str], SharingRule]
"""How the cases of an item are shared out among those of the role."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """On what a plan stands: the day, who holds a post on it, and the office's way of sharing."""

    on: date
    posts: tuple[StaffPost, ...]
    rule: Rules


# --- who would get what --------------------------------------------------------------------


async def plan(
    session: AsyncSession,
    content: Rebalance,
    ground: Ground,
    *,
    besides: str = "",
    most: int | None = None,
) -> Plan:
    """What an order would hand to whom, at most ``most`` cases if given; changes nothing.

    ``besides``: what that order has handed on, or tried to, stays as it is. The state of the first
    ``PLANNED_AT_ONCE`` cases is looked at; of those that follow, what the lists show.

    Raises:
        DomainError: ``NOBODY_THERE``, nobody holds such a post.
    """
    posts = _posts(content, ground.posts)
    if not posts:
        raise DomainError("NOBODY_THERE", "本区此岗位没有人员", "role")
    calendar, _ = await read_calendar(session, content.district)
    weighed_by = _weighed_by(calendar, ground.on)
    people = await _people(session, posts, ground.on, weighed_by)
    holdings = await _holdings(session, content, posts, weighed_by, besides)
    rules = {each.item: ground.rule(each.item) for each in holdings.values()}
    looked: dict[str, Case | None] = {}
    while True:
        found = rebalance(content.role, holdings.values(), people, rules, most=most)
        if not await _corrected(session, content, found, holdings, looked):
            return found


def _posts(content: Rebalance, known: Iterable[StaffPost]) -> tuple[StaffPost, ...]:
    """Who shares the work of the role in the district: its own people, else those of the city."""
    known = tuple(known)
    own = posts_at(known, content.district, role=content.role)
    return own or posts_at(known, city_of(content.district), role=content.role)


def _weighed_by(calendar: WorkingCalendar, on: date) -> tuple[date, ...]:
    """Before the first calendar has come, every task weighs the same."""
    if not calendar.years:
        return ()
    return tuple(calendar.shift(on, days) for days, _ in WEIGHTS)


async def _people(
    session: AsyncSession, posts: Sequence[StaffPost], on: date, weighed_by: Sequence[date]
) -> list[Candidate]:
    codes = {post.person for post in posts}
    absent = set(await absent_officers(session, on))
    loads = await loads_of(session, codes, weighed_by)
    return [
        Candidate(
            post=post,
            load=loads[post.person].weight if post.person in loads else 0,
            open_tasks=loads[post.person].tasks if post.person in loads else 0,
            bars=frozenset({Bar.ABSENT} if post.person in absent else ()),
        )
        for post in posts
    ]


async def _holdings(
    session: AsyncSession,
    content: Rebalance,
    posts: Sequence[StaffPost],
    weighed_by: Sequence[date],
    besides: str,
) -> dict[str, Holding]:
    """What may be handed on, by case: where one person holds all open tasks of the role."""
    theirs, of_one = _of_whom(content, posts)
    dealt_with = exists().where(
        RebalanceMoves.order_no == besides, RebalanceMoves.case_no == Tasks.case_no
    )
    held = select(Tasks.case_no).where(
        Tasks.closed_at.is_(None),
        Tasks.role == content.role.value,
        Tasks.district == content.district,
        theirs,
    )
    if besides:
        held = held.where(~dealt_with)
    if not content.begun:
        taken_up = exists().where(
            Events.case_no == Tasks.case_no,
            Events.kind == kind_of_event(TaskTakenUp),
            Events.actor == Tasks.holder,
        )
        held = held.where(~taken_up)
    query = (
        select(
            Tasks.case_no,
            func.min(Tasks.holder).label("holder"),
            func.count().label("tasks"),
            func.sum(weight_of(weighed_by)).label("weight"),
            func.array_agg(Tasks.backup).label("backups"),
            func.string_agg(Tasks.barred, " ").label("barred"),
            Cases.item,
            Cases.office,
            Cases.assigned,
            Openings.kind,
            Openings.subject,
            Openings.employer_subject,
        )
        .join(Cases, Cases.case_no == Tasks.case_no)
        .join(Openings, Openings.case_no == Tasks.case_no)
        .where(
            Tasks.closed_at.is_(None),
            Tasks.role == content.role.value,
            Tasks.district == content.district,
            Tasks.asked_by == "",
            Tasks.case_no.in_(held),
            Openings.kind.in_(_KINDS),
        )
        .group_by(Tasks.case_no, Cases.case_no, Openings.case_no)
        .having(
            func.count(Tasks.holder.distinct()) == 1,
            of_one,
        )
    )
    rows = (await session.execute(query)).all()
    apart = await _apart(session, {each for row in rows for each in (row[-2], row[-1]) if each})
    return {
        row.case_no: Holding(
            case_no=row.case_no,
            kind=row.kind,
            item=row.item,
            office=row.office,
            holder=row.holder,
            tasks=row.tasks,
            weight=row.weight,
            taken=frozenset({*row.assigned.split()} - {row.holder, *row.backups})
            | frozenset({*row.barred.split()} - {row.holder}),
            apart=apart[row.subject] | apart[row.employer_subject],
        )
        for row in rows
    }


def _of_whom(
    content: Rebalance, posts: Sequence[StaffPost]
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which tasks those hold from whom something may go, and the same of a whole case."""
    if content.person:
        people = [content.person]
    elif content.team:
        people = sorted({post.person for post in posts if post.team == content.team})
    else:
        return Tasks.holder != "", func.min(Tasks.holder) != ""
    return Tasks.holder.in_(people), func.min(Tasks.holder).in_(people)


async def _apart(session: AsyncSession, parties: Collection[str]) -> Mapping[str, dict[str, Bar]]:
    """By person or firm, who must keep away from their cases, and why."""
    found: dict[str, dict[str, Bar]] = defaultdict(dict)
    query = select(Relations.subject, Relations.officer, Relations.kind).where(
        among(Relations.subject, parties), Relations.ended_at.is_(None)
    )
    for subject, officer, kind in await session.execute(query):
        found[subject][officer] = Bar.OWN_CASE if kind == "own" else Bar.RELATED
    return found


async def _corrected(
    session: AsyncSession,
    content: Rebalance,
    found: Plan,
    holdings: dict[str, Holding],
    looked: dict[str, Case | None],
) -> bool:
    """Look at each case that would be handed on; take out, or bar from, what its rules refuse."""
    corrected = False
    first = found.handings[:PLANNED_AT_ONCE]
    for handing in first:
        number = handing.holding.case_no
        if number not in looked:
            looked[number] = await _state(session, number)
        case = looked[number]
        if case is None or not _may_go(content, case, handing):
            del holdings[number]
            corrected = True
            continue
        try:
            require_may_hold(case, content.role, handing.to)
        except DomainError:
            known = holdings[number]
            holdings[number] = replace(known, taken=known.taken | {handing.to})
            corrected = True
    return corrected


def _may_go(content: Rebalance, case: Case, handing: Handing) -> bool:
    try:
        require_may_be_handed_on(case, content.role, handing.holding.holder, begun=content.begun)
    except DomainError:
        return False
    return True


async def _state(session: AsyncSession, case_no: str) -> Case | None:
    try:
        return await state(session, case_no)
    except ErasedError:
        return None


# --- what an order would do ----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class HandingPreview:
    """A case that would go to another; ``tasks``: how many open ones; ``why``: in Chinese."""

    case_no: str
    holder: str
    to: str
    tasks: int
    weight: int
    why: str


@dataclass(frozen=True, kw_only=True)
class RebalancePreview:
    """What the order would hand to whom, and how each of the role stands before and after.

    ``cases`` and ``tasks`` of all; ``handings`` are the first of them, ``left``: there are more.
    """

    cases: int
    tasks: int
    left: bool
    people: tuple[Standing, ...]
    handings: tuple[HandingPreview, ...]


async def preview_rebalance(
    session: AsyncSession, content: Rebalance, ground: Ground
) -> RebalancePreview:
    """What the order would do now; raises as ``plan``."""
    found = await plan(session, content, ground)
    return RebalancePreview(
        cases=len(found.handings),
        tasks=sum(each.holding.tasks for each in found.handings),
        left=len(found.handings) > PLANNED_AT_ONCE,
        people=found.standings,
        handings=tuple(
            HandingPreview(
                case_no=each.holding.case_no,
                holder=each.holding.holder,
                to=each.to,
                tasks=each.holding.tasks,
                weight=each.holding.weight,
                why=each.why,
            )
            for each in found.handings[:PLANNED_AT_ONCE]
        ),
    )


# --- an approved order ---------------------------------------------------------------------


async def fix_handings(
    session: AsyncSession, order: Order, ground: Ground, approved_by: Actor, at: datetime
) -> Count:
    """Fix the first page of what an approved order hands to whom; idempotent on its number.

    Raises as ``plan``.
    """
    content = order.content
    if not isinstance(content, Rebalance):
        raise TypeError(content.kind)
    await session.execute(insert_order(order, at))
    row = await session.get_one(Orders, order.no, with_for_update=True, populate_existing=True)
    if row.applied_at is not None:
        return await HANDINGS.count(session, order.no)
    await plan_more(session, order, ground)
    await session.execute(
        update(Orders)
        .where(Orders.no == order.no)
        .values(
            status=OrderStatus.APPLIED,
            decided_by=approved_by.code,
            decided_at=func.coalesce(Orders.decided_at, at),
            applied_at=at,
        )
    )
    return await HANDINGS.count(session, order.no)


async def plan_more(session: AsyncSession, order: Order, ground: Ground) -> int:
    """Fix the next page of what an order hands to whom, on what is now; return how many cases.

    No case is handed on twice by an order, so that there is a last page. Raises as ``plan``.
    """
    content = order.content
    if not isinstance(content, Rebalance):
        raise TypeError(content.kind)
    places = {content.district, *(post.place for post in _posts(content, ground.posts))}
    await take_turns(session, sorted(f"{place}:{content.role.value}" for place in places))
    found = await plan(session, content, ground, besides=order.no, most=PLANNED_AT_ONCE)
    if found.handings:
        rows = [_row(order.no, content.role, each) for each in found.handings]
        await session.execute(insert(RebalanceMoves), rows)
    return len(found.handings)


async def day_of(session: AsyncSession, order_no: str, at: datetime | None) -> date:
    """The day on which an order goes on: ``at``, or when it was approved."""
    if at is None:
        at = await session.scalar(select(Orders.applied_at).where(Orders.no == order_no))
    if at is None:
        raise ValueError("nobody has approved the order")
    return local_date(at)


def _row(order_no: str, role: Role, handing: Handing) -> dict[str, object]:
    holding = handing.holding
    return {
        "order_no": order_no,
        "case_no": holding.case_no,
        "kind": holding.kind,
        "role": role.value,
        "holder": holding.holder,
        "receiver": handing.to,
        "tasks": holding.tasks,
        "weight": holding.weight,
        "cap": handing.cap,
        "why": handing.why,
        "outcome": HandedOn.WAITING.value,
    }


@dataclass(frozen=True, kw_only=True)
class HandedCase:
    """A case of an order, from ``holder`` to ``receiver``; ``code`` is that of a refusal."""

    case_no: str
    kind: str
    role: str
    holder: str
    receiver: str
    tasks: int
    weight: int
    cap: int
    why: str
    outcome: str
    code: str
    at: datetime | None


HANDINGS: Book[HandedCase] = Book(
    table=RebalanceMoves,
    owner=RebalanceMoves.order_no,
    view=HandedCase,
    columns=tuple(RebalanceMoves.__table__.c[each.name] for each in fields(HandedCase)),
)
HANDINGS_LIST = keyset_of("rebalance_moves")


async def over_cap(session: AsyncSession, cases: Sequence[HandedCase]) -> frozenset[str]:
    """Of these cases, those whose receiver would now have more than the cap allows."""
    capped = [each for each in cases if each.cap]
    has = {
        who: load.tasks
        for who, load in (await loads_of(session, {each.receiver for each in capped})).items()
    }
    over: set[str] = set()
    for each in capped:
        after = has.get(each.receiver, 0) + each.tasks
        if after > each.cap:
            over.add(each.case_no)
        else:
            has[each.receiver] = after
    return frozenset(over)
