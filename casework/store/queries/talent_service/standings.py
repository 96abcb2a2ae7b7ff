"""What a request needs of its talent: how they stand, and how they are reached."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.opening import Party
from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.talent import Standing, StandingStatus, TalentClass
from casework.store.models import Cases, Parties, Talents
from casework.store.register.by_date import by_date, joined
from casework.store.sealing.sealing import opener


async def standing(session: AsyncSession, talent_case_no: str) -> Standing | None:
    """How a talent stands by the register; None if the case is no talent's cycle."""
    query = joined(
        select(
            by_date(Talents.status).label("status"),
            Talents.letter,
            Talents.served_until,
            Cases.last_seq,
        ).join_from(Talents, Cases, Cases.case_no == Talents.case_no)
    ).where(Talents.case_no == talent_case_no, Talents.cycle == CycleKind.TALENT)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    return Standing(
        talent=talent_case_no,
        status=StandingStatus(row.status),
        letter=TalentClass(row.letter) if row.letter else None,
        served_until=row.served_until,
        version=row.last_seq,
    )


async def talent_party(session: AsyncSession, case_no: str, role: str) -> Party | None:
    """A party of a case in clear (``applicant``: the talent, ``employer``: the liaison there).

    None where there is none, or it was erased.

    Only for opening another case of the same person within this process: personal data, not to be
    shown, logged or answered.
    """
    query = select(Parties.name, Parties.id_number, Parties.email, Parties.phone).where(
        Parties.case_no == case_no, Parties.role == role
    )
    row = (await session.execute(query)).mappings().one_or_none()
    own = await opener(session, case_no)
    if row is None or own.is_erased(row["name"]):
        return None
    return Party(**own.row("parties", row))
