"""Cases of which the register has more than Temporal holds, and how that is put right.

Events are recorded before Temporal has taken the task that decided them (ADR 0004). If it never
does, because worker and server died together or because the task was refused, the register shows
what has not happened. The case's next event puts that right by itself; until then this does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Cases, Events, Openings
from casework.store.register.rebuild import rewrite
from casework.store.register.recording import supersede

RECENT = timedelta(days=30)
"""A case that was closed longer ago has long been held, or Temporal has forgotten it."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How far the register has come with a case; ``hash`` and ``seq`` are of its last event."""

    case_no: str
    kind: str
    district: str
    seq: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """A case of which the register has events up to ``seq`` that Temporal holds up to ``held``."""

    case_no: str
    district: str
    held: int
    seq: int


async def shown(session: AsyncSession, case_no: str = "", district: str = "") -> Sequence[Shown]:
    """The cases to be compared, by number: all that are open, or were closed lately."""
    asked = (
        select(Cases.case_no, Openings.kind, Cases.district, Events.seq, Events.hash)
        .join(Openings, Openings.case_no == Cases.case_no)
        .join(Events, (Events.case_no == Cases.case_no) & (Events.seq == Cases.last_seq))
        .where(or_(Cases.closed_at.is_(None), Events.recorded_at > func.now() - RECENT))
        .order_by(Cases.case_no)
    )
    if case_no:
        asked = asked.where(Cases.case_no == case_no)
    if district:
        asked = asked.where(Cases.district == district)
    return [Shown(**row) for row in (await session.execute(asked)).mappings()]


async def again(session: AsyncSession, case: Shown) -> int | None:
    """The number of its last event if the case is as it was shown, and locked; None if not."""
    return await session.scalar(
        select(Cases.last_seq)
        .join(Events, (Events.case_no == Cases.case_no) & (Events.seq == Cases.last_seq))
        .where(Cases.case_no == case.case_no, Events.seq == case.seq, Events.hash == case.hash)
        .with_for_update(of=Cases)
    )


async def take_back(session: AsyncSession, case: Shown, held: int) -> None:
    """Keep what goes beyond ``held`` as superseded, and show what Temporal holds.

    To be called where `again` has locked the case. Of a case of which Temporal holds nothing, its
    first event stays: the case itself will record it anew.
    """
    held = max(held, 1)
    if case.seq == held:
        return
    await supersede(session, case.case_no, held + 1)
    await session.execute(update(Cases).where(Cases.case_no == case.case_no).values(last_seq=held))
    await rewrite(session, case.case_no)
