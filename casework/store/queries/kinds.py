"""Of which kind a case is, and what any case says of itself to be rated."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.rating.opening import Rateable
from casework.store.models import Cases, Openings, Tasks
from casework.store.register.running import Running, running


async def kind_of(session: AsyncSession, case_no: str) -> str | None:
    """The ``CaseKind`` of a case; None if there is no such case."""
    return await session.scalar(select(Openings.kind).where(Openings.case_no == case_no))


async def rateable(session: AsyncSession, case_no: str) -> Rateable | None:
    """A case of any kind, as a rating needs to know it; None if there is no such case."""
    query = select(
        Cases.case_no,
        Openings.kind,
        Cases.district,
        Cases.item,
        Cases.item_name,
        Cases.office,
        Cases.channel,
        Cases.stage,
        Cases.decided_on,
        Cases.closed_at,
    ).join(Openings, Openings.case_no == Cases.case_no)
    found = await session.execute(query.where(Cases.case_no == case_no))
    row = found.mappings().one_or_none()
    return Rateable(**row) if row else None


async def holders_tasks(session: AsyncSession, officer: str) -> tuple[Running, ...]:
    """The cases, by number, in which the officer holds an open task."""
    held = select(Tasks.case_no).where(Tasks.holder == officer, Tasks.closed_at.is_(None))
    query = running().where(Cases.case_no.in_(held)).order_by(Cases.case_no)
    return tuple(Running(**row) for row in (await session.execute(query)).mappings())
