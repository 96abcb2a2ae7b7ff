"""Which cases are of one person, by pseudonym: told by number, district and stage, nothing else.

The pseudonym stays here: who asks names a case. Cards and talent codes (人才卡、人才码), too: whose
they are. A code is valid for one talent.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from casework.domain.kinds.application.state import ApplicationStage, OtherCase
from casework.domain.kinds.cycle.opening import NOT_ACTIVE, OtherCycle
from casework.domain.kinds.cycle.state import CycleStage
from casework.domain.kinds.registry import CaseKind
from casework.domain.orders import city_of
from casework.store.models import Cases, Openings, Talents

MOST_OTHERS = 50
"""More are not told: a number that stands for so many cases is a test's, or nobody's."""

_TOLD: list[InstrumentedAttribute[Any]] = [Cases.case_no, Cases.district, Cases.stage]
"""All that is told of another case."""


async def others_of(
    session: AsyncSession, case_no: str, items: Collection[str]
) -> tuple[OtherCase, ...]:
    """The other open applications of the case's person for these items, the oldest first.

    None for a case that is not in the register yet. A case that gives way to another as duplicate
    is left out from the moment on which that is decided.
    """
    found = await session.execute(others_query(case_no, items))
    return tuple(
        OtherCase(case_no=number, district=district, stage=ApplicationStage(stage))
        for number, district, stage in found
    )


def others_query(case_no: str, items: Collection[str]) -> Select[Any]:
    """The statement: from the case to its person, and from there to what else is open."""
    own = aliased(Openings)
    return (
        select(*_TOLD)
        .select_from(own)
        .join(Openings, Openings.subject == own.subject)
        .join(Cases, Cases.case_no == Openings.case_no)
        .where(
            own.case_no == case_no,
            own.subject != "",
            Openings.case_no != case_no,
            Openings.kind == CaseKind.APPLICATION.value,
            Openings.gives_way_to == "",
            Cases.item.in_(sorted(items)),
            Cases.closed_at.is_(None),
        )
        .order_by(Cases.received_at, Cases.case_no)
        .limit(MOST_OTHERS)
    )


async def give_way(session: AsyncSession, case_no: str, other: str, items: Collection[str]) -> bool:
    """Note that a case is refused as duplicate of ``other``, unless that is not among its others.

    Of two cases that would each give way to the other, one does: the second transaction waits for
    the first, and then no longer finds it. Idempotent.
    """
    own = select(Openings.subject).where(Openings.case_no == case_no)
    await _take_turn(session, f"duplicate:{await session.scalar(own)}")
    known = await others_of(session, case_no, items)
    if other not in {each.case_no for each in known}:
        return False
    await _set_way(session, case_no, other)
    return True


async def stay(session: AsyncSession, case_no: str) -> None:
    """Take back `give_way`: the case was not refused after all."""
    await _set_way(session, case_no, "")


async def _set_way(session: AsyncSession, case_no: str, other: str) -> None:
    await session.execute(
        update(Openings).where(Openings.case_no == case_no).values(gives_way_to=other)
    )


async def other_cycle(
    session: AsyncSession, *, kind: str, subject: str, district: str, case_no: str
) -> OtherCycle | None:
    """The first cycle of that kind and person in the city of the district, beside ``case_no``.

    One that has ended does not count, nor a permit that has expired. Of two transactions that ask
    for one person, the second waits until the first has ended.
    """
    if not subject:
        return None
    city = city_of(district)
    await _take_turn(session, f"{kind}:{city}:{subject}")
    query = (
        select(Cases.case_no, Cases.district, Cases.stage)
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(
            Openings.subject == subject,
            Openings.kind == kind,
            Openings.case_no != case_no,
            Cases.closed_at.is_(None),
            Cases.stage.not_in(sorted(NOT_ACTIVE)),
        )
        .order_by(Cases.received_at, Cases.case_no)
    )
    for number, where, stage in await session.execute(query):
        if city_of(where) == city:
            return OtherCycle(case_no=number, district=where, stage=CycleStage(stage))
    return None


async def _take_turn(session: AsyncSession, key: str) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


async def is_taken(session: AsyncSession, code: str, case_no: str) -> bool:
    """Whether a credential that is not void belongs to another case than ``case_no``.

    Of two transactions that ask for one code, the second waits until the first has ended.
    """
    if not code:
        return False
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(code, 0))))
    query = valid_holders(code).where(Talents.case_no != case_no)
    return await session.scalar(query.limit(1)) is not None


def valid_holders(code: str) -> Select[str]:
    """The cases with this credential, unless it is void or has a day from which it will be."""
    return select(Talents.case_no).where(
        Talents.credential_code == code,
        Talents.credential_code != "",  # what the index says of itself
        Talents.credential_void_on.is_(None),
    )
