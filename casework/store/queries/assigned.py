"""The open cases to which an officer is assigned."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Cases, Openings


@dataclass(frozen=True, kw_only=True)
class AssignedCase:
    """A case in which somebody holds a post or an open task, as A角 or B角."""

    case_no: str
    kind: str


async def assigned_cases(
    session: AsyncSession, officer: str, *, district: str = "", kinds: Collection[str] = ()
) -> tuple[AssignedCase, ...]:
    """By number; ``district`` and ``kinds``, where empty, do not restrict."""
    query = (
        select(Cases.case_no, Openings.kind)
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(
            Cases.closed_at.is_(None),
            literal(officer) == any_(func.string_to_array(Cases.assigned, " ")),
        )
        .order_by(Cases.case_no)
    )
    if district:
        query = query.where(Cases.district == district)
    if kinds:
        query = query.where(Openings.kind.in_(kinds))
    found = await session.execute(query)
    return tuple(AssignedCase(case_no=case_no, kind=kind) for case_no, kind in found)
