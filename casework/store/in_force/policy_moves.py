"""Orders that move running cases to newer policy: their cases, and what became of each.

The set and the policy are fixed when the order is approved, in one transaction; what is opened or
released later is not concerned. Then each case is told in turn, and its outcome written: whoever
goes on after a crash finds what still waits. Nothing here commits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, String, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.facts import ORDERS, Actor
from casework.domain.case.in_force import imposed
from casework.domain.kinds.application.policy_change import PolicyChange, policy_change
from casework.domain.kinds.application.state import Application, ApplicationFacts
from casework.domain.kinds.registry import CaseKind, stage_label
from casework.domain.orders import MoveToPolicy, Order
from casework.domain.policy import Measure, ServiceItem
from casework.domain.time.calendar import local_date
from casework.messages.cases import InForceQuestion
from casework.messages.orders import Carried, OrderStatus
from casework.security.keys.vault import ErasedError
from casework.store.in_force.order_book import insert_order
from casework.store.models import Cases, Openings, Orders, PolicyMoves, PolicyOrders, ServiceItems
from casework.store.register.cases import state
from casework.store.register.in_force import measures_of, read_in_force
from casework.store.telling import Book, Count, keyset_of

ITEM: TypeAdapter[ServiceItem] = TypeAdapter(ServiceItem)

NOT_THERE = "CASE_NOT_FOUND"
ELSEWHERE = "POLICY_OF_ANOTHER_ITEM"


@dataclass(frozen=True, kw_only=True)
class MovedCase:
    """A case of an order; ``policy`` is the digest of before, ``code`` that of a refusal."""

    case_no: str
    policy: str
    outcome: str
    code: str
    at: datetime | None


async def dated_measures(
    session: AsyncSession, district: str, item: str
) -> tuple[Measure, ...] | None:
    """All measures for the item as orders have left them; None: nothing was seeded yet."""
    return tuple(row.measure for row in await measures_of(session, district, item)) or None


async def fix_set(  # noqa: PLR0913, PLR0917 - the order, and what it has found
    session: AsyncSession,
    order: Order,
    item: ServiceItem,
    approved_by: Actor,
    at: datetime,
    catalogue: str = "",
) -> Count:
    """Fix the policy and the cases of an approved order; idempotent on its number.

    ``catalogue``: the digest of the version that the policy is from.

    A case that stands under that policy already is unchanged at once, unless the head has
    consented to later dates. What the order names and is no such case is refused.
    """
    await session.execute(insert_order(order, at))
    row = await session.get_one(Orders, order.no, with_for_update=True, populate_existing=True)
    if row.applied_at is not None:
        return await MOVES.count(session, order.no)
    content = order.content
    if not isinstance(content, MoveToPolicy):
        raise TypeError(content.kind)
    await _keep(session, item)
    await session.execute(
        insert(PolicyOrders).values(order_no=order.no, policy=item.digest, catalogue=catalogue)
    )
    await session.execute(
        insert(PolicyMoves).from_select(
            ["order_no", "case_no", "policy", "outcome", "at"],
            _set(content, item, order.no, at),
        )
    )
    await _refuse_the_others(session, order.no, content, at)
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
    return await MOVES.count(session, order.no)


def concerned(content: MoveToPolicy) -> Select[str, str, str]:
    """The cases that an order is for: number, policy, stage."""
    query = (
        select(Cases.case_no, Cases.policy, Cases.stage)
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(
            Openings.kind == CaseKind.APPLICATION,
            Cases.district == content.district,
            Cases.item == content.item,
            Cases.closed_at.is_(None),
        )
    )
    if content.stage is not None:
        query = query.where(Cases.stage == content.stage)
    if content.cases:
        query = query.where(Cases.case_no.in_(content.cases))
    return query


async def not_concerned(session: AsyncSession, content: MoveToPolicy) -> tuple[str, ...]:
    """Of the cases that an order names, those that are none of that item in that district."""
    query = select(Cases.case_no).where(
        Cases.case_no.in_(content.cases),
        Cases.district == content.district,
        Cases.item == content.item,
    )
    known = set(await session.scalars(query))
    return tuple(number for number in dict.fromkeys(content.cases) if number not in known)


def _set(content: MoveToPolicy, item: ServiceItem, order_no: str, at: datetime) -> Select[Any]:
    found = concerned(content).subquery()
    same = found.c.policy == item.digest
    if content.head_consents:
        same = literal(False)
    outcome = case((same, Carried.UNCHANGED.value), else_=Carried.WAITING.value)
    when = case((same, literal(at)), else_=None)
    return select(literal(order_no, String), found.c.case_no, found.c.policy, outcome, when)


async def _refuse_the_others(
    session: AsyncSession, order_no: str, content: MoveToPolicy, at: datetime
) -> None:
    """What was named and is not in the set: gone, of another item or place, or no case."""
    if not content.cases:
        return
    taken = set(
        await session.scalars(select(PolicyMoves.case_no).where(PolicyMoves.order_no == order_no))
    )
    left = [number for number in dict.fromkeys(content.cases) if number not in taken]
    query = select(Cases.case_no, Cases.district, Cases.item, Cases.closed_at, Cases.policy)
    known = {
        row.case_no: row for row in await session.execute(query.where(Cases.case_no.in_(left)))
    }
    rows = []
    for number in left:
        row = known.get(number)
        outcome, code = Carried.REFUSED, ELSEWHERE
        if row is None:
            code = NOT_THERE
        elif row.closed_at is not None:
            outcome, code = Carried.GONE, ""
        elif (row.district, row.item) == (content.district, content.item):
            code = "WRONG_STAGE"
        policy = row.policy if row else ""
        rows.append(
            {
                "order_no": order_no,
                "case_no": number,
                "policy": policy,
                "outcome": outcome,
                "code": code,
                "at": at,
            }
        )
    if rows:
        await session.execute(insert(PolicyMoves).values(rows))


async def _keep(session: AsyncSession, item: ServiceItem) -> None:
    values = {
        "digest": item.digest,
        "code": item.code,
        "district": item.district,
        "name": item.name,
        "body": ITEM.dump_python(item, mode="json"),
    }
    await session.execute(insert(ServiceItems).values(values).on_conflict_do_nothing())


async def policy_of(session: AsyncSession, digest: str) -> ServiceItem | None:
    """A policy by its digest; None if no case ever stood under it."""
    body = await session.scalar(select(ServiceItems.body).where(ServiceItems.digest == digest))
    return None if body is None else ITEM.validate_python(body)


async def policy_of_order(session: AsyncSession, order_no: str) -> ServiceItem | None:
    """The policy that an approved order has found; None: it is none of these, or not approved."""
    query = select(PolicyOrders.policy).where(PolicyOrders.order_no == order_no)
    digest = await session.scalar(query)
    return None if digest is None else await policy_of(session, digest)


async def catalogue_of_order(session: AsyncSession, order_no: str) -> str:
    """The digest of the catalogue version from which an order has its policy; empty: unknown."""
    query = select(PolicyOrders.catalogue).where(PolicyOrders.order_no == order_no)
    return await session.scalar(query) or ""


MOVES: Book[MovedCase] = Book(
    table=PolicyMoves,
    owner=PolicyMoves.order_no,
    view=MovedCase,
    columns=tuple(PolicyMoves.__table__.c[each.name] for each in fields(MovedCase)),
)
MOVES_LIST = keyset_of("policy_moves")


# --- what a move would do ------------------------------------------------------------------
# How many cases it moves, and some of them before and after.


@dataclass(frozen=True, kw_only=True)
class LimitPreview:
    """A running limit before and after; ``kept``: why it stays, in Chinese; empty: it changes.

    ``due_wanted`` is what the new policy alone would say.
    """

    clock: str
    name: str
    amount_before: int
    unit_before: str
    amount_after: int
    unit_after: str
    due_before: date | None
    due_after: date | None
    due_wanted: date | None
    kept: str


@dataclass(frozen=True, kw_only=True)
class ValuePreview:
    """A plain value of the item that differs: ``channels``, ``decider``, ``delivery`` …."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class CasePreview:
    """What changes for one case; materials and faults by their Chinese names and texts.

    ``excused``: newly asked by the policy, and not of this case: a second notice is forbidden.
    """

    case_no: str
    stage: str
    stage_label: str
    policy_before: str
    policy_after: str
    limits: tuple[LimitPreview, ...]
    asked: tuple[str, ...]
    excused: tuple[str, ...]
    dropped: tuple[str, ...]
    faults: tuple[str, ...]
    cleared: tuple[str, ...]
    discharged: tuple[str, ...]
    checks_added: tuple[str, ...]
    checks_dropped: tuple[str, ...]
    deferrable: tuple[str, ...]
    not_deferrable: tuple[str, ...]
    values: tuple[ValuePreview, ...]


@dataclass(frozen=True, kw_only=True)
class PolicyPreview:
    """``cases`` are concerned, ``unchanged`` of them stand under that policy already.

    ``stages``: how many at each stage. ``policy`` is the digest found for ``to``.
    """

    policy: str
    to: date
    cases: int
    unchanged: int
    stages: Mapping[str, int]
    examples: tuple[CasePreview, ...]


async def preview_move(
    session: AsyncSession, content: MoveToPolicy, item: ServiceItem, at: datetime, limit: int = 20
) -> PolicyPreview:
    """What the move would do at ``at``, with ``limit`` examples; changes nothing."""
    found = concerned(content).subquery()
    same = func.count().filter(found.c.policy == item.digest)
    cases, unchanged = (await session.execute(select(func.count(), same).select_from(found))).one()
    by_stage = select(found.c.stage, func.count()).group_by(found.c.stage).order_by(found.c.stage)
    query = select(found.c.case_no).order_by(found.c.case_no).limit(limit)
    if not content.head_consents:
        query = query.where(found.c.policy != item.digest)
    numbers = (await session.scalars(query)).all()
    examples = [await _example(session, number, content, item, at) for number in numbers]
    return PolicyPreview(
        policy=item.digest,
        to=content.to or local_date(at),
        cases=cases,
        unchanged=0 if content.head_consents else unchanged,
        stages={row[0]: row[1] for row in await session.execute(by_stage)},
        examples=tuple(example for example in examples if example is not None),
    )


async def _example(
    session: AsyncSession, case_no: str, content: MoveToPolicy, item: ServiceItem, at: datetime
) -> CasePreview | None:
    try:
        case = await state(session, case_no)
    except ErasedError:
        return None
    if not isinstance(case, Application):
        return None
    old = await policy_of(session, case.policy)
    known = await read_in_force(session, _question(case))
    if old is None or known.calendar is None:
        return None
    facts = ApplicationFacts(
        at=at, actor=ORDERS, item=old, calendar=known.calendar, measures=known.measures or None
    )
    now = imposed(case, known)
    change = policy_change(now, old, item, facts, head_consents=content.head_consents)
    return _shown(case, change)


def _question(case: Application) -> InForceQuestion:
    return InForceQuestion(
        case_no=case.case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        received_on=local_date(case.received_at),
        calendar_version=-1,
    )


def _shown(case: Application, change: PolicyChange) -> CasePreview:
    return CasePreview(
        case_no=case.case_no,
        stage=case.stage,
        stage_label=stage_label(case.stage),
        policy_before=change.before,
        policy_after=change.after,
        limits=tuple(
            LimitPreview(
                clock=each.clock,
                name=each.name,
                amount_before=each.before.amount,
                unit_before=each.before.unit,
                amount_after=each.after.amount,
                unit_after=each.after.unit,
                due_before=each.due_before,
                due_after=each.due_after,
                due_wanted=each.due_wanted,
                kept=each.kept.label if each.kept else "",
            )
            for each in change.limits
        ),
        asked=tuple(each.name for each in change.asked),
        excused=tuple(each.name for each in change.excused),
        dropped=tuple(each.name for each in change.dropped),
        faults=tuple(fault.text for fault in change.faults),
        cleared=tuple(fault.text for fault in change.cleared),
        discharged=change.discharged,
        checks_added=change.checks_added,
        checks_dropped=change.checks_dropped,
        deferrable=tuple(each.name for each in change.deferrable),
        not_deferrable=tuple(each.name for each in change.not_deferrable),
        values=tuple(
            ValuePreview(name=each.name, before=each.before, after=each.after)
            for each in change.values
        ),
    )
