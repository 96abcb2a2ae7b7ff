"""Telling cases that are armed too late, so that each has a receipt whenever the teller dies.

A case is claimed first, told then, and its receipt settled last: whoever comes after finds what was
claimed and not settled, and tells it again (the same signal, which reaches the case once).
"""

from collections.abc import Iterable

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.in_force.rousing import Receipt, armed_late, write_receipts
from casework.store.models import Openings, Receipts
from casework.store.register.running import Running

CLAIMED = "claimed"
SIGNALLED = "signalled"
GONE = "gone"


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
