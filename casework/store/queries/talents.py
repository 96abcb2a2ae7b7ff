"""Talents and holders of permits: one, a list, whose a credential is, and how a talent stands."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.domain.case.opening import Party
from casework.domain.kinds.cycle.shown import TalentRow
from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.talent import Standing, StandingStatus, TalentClass
from casework.store.access import seen_by
from casework.store.models import Cases, Openings, Parties, Talents
from casework.store.paging import PAGE_SIZE, Page
from casework.store.queries.case import CaseView
from casework.store.queries.of_one_kind import (
    newest_first,
    page_of,
    summaries,
    view_of,
    where_given,
)
from casework.store.queries.search import CaseSummary
from casework.store.register.by_date import by_date, joined
from casework.store.sealing.sealing import opener

_KEYSET = newest_first("talents")


@dataclass(frozen=True, kw_only=True)
class TalentFilter:
    """Empty fields do not restrict.

    ``kind`` tells talents (``talent_cycle``) from holders of permits; ``employer`` is a credit
    code, ``credential`` a code of whatever kind; ``ends_before``: the cycle ends before that day.
    ``sight``: whose search it is.
    """

    kind: str = ""
    district: str = ""
    stage: str = ""
    letter: str = ""
    status: str = ""
    employer: str = ""
    credential: str = ""
    ends_before: date | None = None
    sight: Sight | None = None


@dataclass(frozen=True, kw_only=True)
class TalentSummary(CaseSummary, TalentRow):
    """A talent, or the holder of a permit, as a list shows them."""


@dataclass(frozen=True, kw_only=True)
class TalentView(CaseView, TalentRow):
    """A talent, or the holder of a permit, with the case of their cycle; masked."""


async def talent_view(session: AsyncSession, case_no: str) -> TalentView | None:
    """A cycle of either kind as it stands; None if there is no such cycle."""
    return await view_of(session, TalentView, Talents, TalentRow, case_no)


async def search_talents(
    session: AsyncSession, wanted: TalentFilter, *, after: str = "", size: int = PAGE_SIZE
) -> Page[TalentSummary]:
    """A page, newest first; raises `CursorError`."""
    query = summaries(Talents, TalentRow).where(*_conditions(wanted))
    return await page_of(session, _KEYSET, TalentSummary, Talents, query, after=after, size=size)


async def talent_by_credential(session: AsyncSession, code: str) -> TalentSummary | None:
    """Whose card or talent code this is; None if nobody's, or if it does not tell between two.

    A valid one goes before one that is void. Whether it is, on a given day, ``credential_void_on``
    says: it is worth nothing from that day on.
    """
    if not code:
        return None
    query = summaries(Talents, TalentRow).where(*_conditions(TalentFilter(credential=code)))
    found = [TalentSummary(**row) for row in (await session.execute(query)).mappings()]
    valid = [talent for talent in found if talent.credential_void_on is None]
    if valid:
        return valid[0] if len(valid) == 1 else None
    return max(found, key=lambda talent: talent.credential_void_on or date.min, default=None)


def _conditions(wanted: TalentFilter) -> list[ColumnElement[bool]]:
    conditions = where_given(
        (
            (Openings.kind, wanted.kind),
            (Cases.district, wanted.district),
            (Cases.stage, wanted.stage),
            (Talents.letter, wanted.letter),
            (Talents.status, wanted.status),
            (Talents.employer, wanted.employer),
            (Talents.credential_code, wanted.credential),
        )
    )
    if wanted.credential:  # what the index says of itself
        conditions.append(Talents.credential_code != "")
    conditions += seen_by(wanted.sight)
    if wanted.ends_before:
        conditions.append(Talents.ends_on < wanted.ends_before)
    return conditions


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
