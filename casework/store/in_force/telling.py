"""Telling cases that are armed too late, so that each has a receipt whenever the teller dies.

A case is claimed first, told then, and its receipt settled last: whoever comes after finds what was
claimed and not settled, and tells it again (the same signal, which reaches the case once).

A case is armed too late if one of its running clocks fires on a day before the one on which its
workflow wakes by itself, or if its workflow does not look at all (``version`` NULL). It is the same
for all orders: what the one has left undone, the next finds.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Date, Select, cast, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Armings, Cases, Courses, Openings, Receipts
from casework.store.register.cases import Running, running
from casework.store.register.courses import first_of
from casework.store.register.statements import word

CLAIMED = "claimed"
SIGNALLED = "signalled"
GONE = "gone"

_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A case was told to look again (``signalled``), or has no workflow any more (``gone``)."""

    case_no: str
    outcome: str


async def armed_late(session: AsyncSession, order_no: str, limit: int) -> tuple[Running, ...]:
    """The next cases armed too late, by number, that have no receipt of this order.

    They are handed out in order, and so one page follows on the last receipt; when there are no
    more, whatever has been passed over is looked for from the beginning.
    """
    last = await session.scalar(
        select(func.max(Receipts.case_no)).where(Receipts.order_no == order_no)
    )
    query = _late().where(
        ~exists().where(Receipts.order_no == order_no, Receipts.case_no == Cases.case_no)
    )
    query = query.order_by(Cases.case_no).limit(limit)
    found = (await session.execute(query.where(Cases.case_no > (last or "")))).all()
    if not found and last:
        found = (await session.execute(query)).all()
    return tuple(Running(case_no=case_no, kind=kind) for case_no, kind in found)


async def count_armed_late(session: AsyncSession) -> int:
    """How many cases are armed too late; 0 whenever no order is under way."""
    return await session.scalar(select(func.count()).select_from(_late().subquery())) or 0


async def write_receipts(session: AsyncSession, order_no: str, receipts: Iterable[Receipt]) -> None:
    """Remember which cases were told; idempotent on (order, case)."""
    rows = [
        {"order_no": order_no, "case_no": receipt.case_no, "outcome": receipt.outcome}
        for receipt in receipts
    ]
    if rows:
        await session.execute(insert(Receipts).values(rows).on_conflict_do_nothing())


def _late() -> Select[str, str]:
    wakes_on = cast(func.timezone(_ZONE, Armings.wakes_at), Date)
    return (
        running()
        .join(Armings, Armings.case_no == Cases.case_no)
        .where(
            Cases.closed_at.is_(None),
            or_(
                Armings.version.is_(None),
                first_of(Courses.fires_on) < func.coalesce(wakes_on, cast(word("infinity"), Date)),
            ),
        )
    )


async def claim_late(session: AsyncSession, order_no: str, limit: int) -> tuple[Running, ...]:
    """The next cases to be told: those claimed before and not settled, else newly claimed ones."""
    begun = (
        select(Openings.case_no, Openings.kind)
        .join(Receipts, Receipts.case_no == Openings.case_no)
        .where(Receipts.order_no == order_no, Receipts.outcome == CLAIMED)
    )
    found = (await session.execute(begun.order_by(Receipts.case_no).limit(limit))).all()
    if found:
        return tuple(Running(case_no=case_no, kind=kind) for case_no, kind in found)
    late = await armed_late(session, order_no, limit)
    claims = (Receipt(case_no=case.case_no, outcome=CLAIMED) for case in late)
    await write_receipts(session, order_no, claims)
    return late


async def settle(session: AsyncSession, order_no: str, receipts: Iterable[Receipt]) -> None:
    """Remember how each claimed case took it; idempotent on (order, case)."""
    by_outcome: dict[str, list[str]] = {}
    for receipt in receipts:
        by_outcome.setdefault(receipt.outcome, []).append(receipt.case_no)
    for outcome, cases in by_outcome.items():
        ours = update(Receipts).where(Receipts.order_no == order_no, Receipts.case_no.in_(cases))
        await session.execute(ours.values(outcome=outcome))


async def count_told(session: AsyncSession, order_no: str) -> int:
    """How many cases the order has told so far."""
    query = select(func.count()).where(Receipts.order_no == order_no, Receipts.outcome == SIGNALLED)
    return await session.scalar(query) or 0
