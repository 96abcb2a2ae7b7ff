"""What an order would do: how many clocks of which kind it moves, and some of them.

It is brought into force and taken back again, so that a preview and the order cannot differ.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.orders import Content
from casework.store.in_force.applying import concern_of, put_in_force
from casework.store.in_force.not_backwards import remarks
from casework.store.in_force.order_book import Stamp
from casework.store.in_force.redating import ANEW, CHANGED, dated_anew
from casework.store.models import Clocks, Courses

_NO = "preview"


@dataclass(frozen=True, kw_only=True)
class KindPreview:
    """Of one kind of clock: how many get another due date, lose theirs, get one again."""

    kind: str
    name: str
    moved: int
    paused: int
    resumed: int


@dataclass(frozen=True, kw_only=True)
class ClockPreview:
    """A clock before and after; ``paused``: no due date is known."""

    case_no: str
    clock: str
    name: str
    due_before: date | None
    due_after: date | None
    paused_before: bool
    paused_after: bool


@dataclass(frozen=True, kw_only=True)
class Preview:
    """How many cases and clocks an order changes anything about, by kind, with examples.

    ``remarks`` say, in Chinese, from when the order works where it speaks of days gone by.
    """

    cases: int
    clocks: int
    kinds: tuple[KindPreview, ...]
    examples: tuple[ClockPreview, ...]
    remarks: tuple[str, ...] = ()


async def preview_order(
    session: AsyncSession, content: Content, limit: int = 20, *, at: datetime | None = None
) -> Preview:
    """What the order would do now (``at``), with ``limit`` examples; changes nothing.

    The session must be one that may write. Raises ``DomainError`` as ``apply_order`` does.
    """
    at = at or (await session.execute(select(func.now()))).scalar_one()
    stamp = Stamp(order=_NO, by="", at=at, version=0)
    savepoint = await session.begin_nested()
    try:
        await concern_of(session, content)
        reach = await put_in_force(session, content, stamp)
        said = await remarks(session, content, stamp)
        async with dated_anew(session, reach):
            return replace(await _preview(session, limit), remarks=said)
    finally:
        await savepoint.rollback()


async def _preview(session: AsyncSession, limit: int) -> Preview:
    counted = _changed(func.count(Clocks.case_no.distinct()), func.count())
    cases, clocks = (await session.execute(counted)).one()
    return Preview(
        cases=cases,
        clocks=clocks,
        kinds=await _kinds(session),
        examples=await _examples(session, limit),
    )


def _changed(*columns: Any) -> Select[Any]:  # noqa: ANN401 - SQLAlchemy's own columns
    joined = select(*columns).select_from(Clocks).join(Courses, Courses.id == Clocks.course)
    return joined.join(ANEW, ANEW.c.course == Courses.id).where(CHANGED)


async def _kinds(session: AsyncSession) -> tuple[KindPreview, ...]:
    before, after = Courses.due_on, ANEW.c.due_on
    counted = {
        "moved": before != after,
        "paused": before.is_not(None) & after.is_(None),
        "resumed": before.is_(None) & after.is_not(None),
    }
    query = _changed(
        Clocks.kind,
        func.min(Clocks.name).label("name"),
        *(func.count().filter(condition).label(name) for name, condition in counted.items()),
    )
    found = await session.execute(query.group_by(Clocks.kind).order_by(Clocks.kind))
    return tuple(KindPreview(**row) for row in found.mappings())


async def _examples(session: AsyncSession, limit: int) -> tuple[ClockPreview, ...]:
    query = _changed(
        Clocks.case_no,
        Clocks.clock,
        Clocks.name,
        Courses.due_on.label("due_before"),
        ANEW.c.due_on.label("due_after"),
        Courses.due_on.is_(None).label("paused_before"),
        ANEW.c.due_on.is_(None).label("paused_after"),
    )
    found = await session.execute(query.order_by(Clocks.case_no, Clocks.clock).limit(limit))
    return tuple(ClockPreview(**row) for row in found.mappings())
