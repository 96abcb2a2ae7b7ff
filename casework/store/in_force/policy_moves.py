"""Orders that move running cases to newer policy: their cases, and what became of each.

The set and the policy are fixed when the order is approved, in one transaction; what is opened or
released later is not concerned. Then each case is told in turn, and its outcome written: whoever
goes on after a crash finds what still waits. Nothing here commits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, String, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import CaseKind
from casework.domain.orders import MoveToPolicy, Order
from casework.domain.policy import Measure, ServiceItem
from casework.messages.orders import Carried, OrderStatus
from casework.store.in_force.order_book import insert_order
from casework.store.models import Cases, Openings, Orders, PolicyMoves, PolicyOrders, ServiceItems
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.register.in_force import measures_of

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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one case."""

    case_no: str
    outcome: Carried
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many cases an order is for, and how many of them have their outcome."""

    cases: int
    done: int


async def dated_measures(
    session: AsyncSession, district: str, item: str
) -> tuple[Measure, ...] | None:
    """All measures for the item as orders have left them; None: nothing was seeded yet."""
    return tuple(row.measure for row in await measures_of(session, district, item)) or None


async def fix_set(
    session: AsyncSession, order: Order, item: ServiceItem, approved_by: Actor, at: datetime
) -> Count:
    """Fix the policy and the cases of an approved order; idempotent on its number.

    A case that stands under that policy already is unchanged at once, unless the head has
    consented to later dates. What the order names and is no such case is refused.
    """
    await session.execute(insert_order(order, at))
    row = await session.get_one(Orders, order.no, with_for_update=True, populate_existing=True)
    if row.applied_at is not None:
        return await count(session, order.no)
    content = order.content
    if not isinstance(content, MoveToPolicy):
        raise TypeError(content.kind)
    await _keep(session, item)
    await session.execute(insert(PolicyOrders).values(order_no=order.no, policy=item.digest))
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
    return await count(session, order.no)


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


async def waiting(
    session: AsyncSession, order_no: str, *, after: str, limit: int
) -> tuple[str, ...]:
    """The next cases without an outcome, by number."""
    query = select(PolicyMoves.case_no).where(
        PolicyMoves.order_no == order_no,
        PolicyMoves.outcome == Carried.WAITING,
        PolicyMoves.case_no > after,
    )
    return tuple(await session.scalars(query.order_by(PolicyMoves.case_no).limit(limit)))


async def note(session: AsyncSession, order_no: str, outcomes: Iterable[Outcome]) -> None:
    """Write what became of cases; one that has its outcome keeps it."""
    for each in outcomes:
        await session.execute(
            update(PolicyMoves)
            .where(
                PolicyMoves.order_no == order_no,
                PolicyMoves.case_no == each.case_no,
                PolicyMoves.outcome == Carried.WAITING,
            )
            .values(outcome=each.outcome, code=each.code, at=func.now())
        )


async def count(session: AsyncSession, order_no: str) -> Count:
    """How far an order has come."""
    done = func.count().filter(PolicyMoves.outcome != Carried.WAITING)
    query = select(func.count(), done).where(PolicyMoves.order_no == order_no)
    cases, finished = (await session.execute(query)).one()
    return Count(cases=cases, done=finished)


def _key(row: MovedCase) -> tuple[str]:
    return (row.case_no,)


_KEYSET = Keyset("policy_moves", _key, TypeAdapter(tuple[str]))
_SHOWN = tuple(PolicyMoves.__table__.c[field.name] for field in fields(MovedCase))


async def list_moves(
    session: AsyncSession,
    order_no: str,
    *,
    outcome: str | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[MovedCase]:
    """A page of the cases of an order, by number; raises `CursorError`."""
    size = bounded(size)
    query = select(*_SHOWN).where(PolicyMoves.order_no == order_no)
    if outcome:
        query = query.where(PolicyMoves.outcome == outcome)
    if after:
        query = query.where(PolicyMoves.case_no > _KEYSET.key(after)[0])
    found = await session.execute(query.order_by(PolicyMoves.case_no).limit(size + 1))
    return _KEYSET.page([MovedCase(**row) for row in found.mappings()], size)
