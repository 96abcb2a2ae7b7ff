"""The projection anew from the events: the same tables that the recorder has written live."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from casework.domain.calendar import WorkingCalendar
from casework.domain.case import Card, Line
from casework.domain.projection import CaseRow, ClockRow, MaterialRow, TaskRow
from casework.entry import make_entry
from casework.messages import Entry
from casework.store.document import document_of
from casework.store.models import Cases, Model, Openings
from casework.store.statements import PROJECTION, members_of, rewriting
from casework.store.stored_events import state

_BATCH = 500
_ROWS: dict[str, type] = {
    "case": CaseRow,
    "clocks": ClockRow,
    "tasks": TaskRow,
    "cards": Card,
    "lines": Line,
    "materials": MaterialRow,
}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A case whose rows were not what its events lead to, and in which tables."""

    case_no: str
    tables: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RebuildReport:
    cases: int
    differences: tuple[Difference, ...]


async def rebuild(
    sessions: async_sessionmaker[AsyncSession],
    calendar: WorkingCalendar,
    case_no: str | None = None,
    *,
    write: bool = True,
) -> RebuildReport:
    """Fold the events of one case or of all, and put right the rows that differ.

    Each case is a transaction of its own and waits for its recorder; it may run beside the
    workers, and be broken off and begun again. Without ``write`` it only compares.
    """
    numbers = [case_no] if case_no else [number async for number in _numbers(sessions)]
    differences = []
    for number in numbers:
        async with sessions.begin() as session:
            tables = await _differing(session, number, calendar)
            if tables:
                differences.append(Difference(case_no=number, tables=tables))
                if write:
                    await rewrite(session, number, calendar)
    return RebuildReport(cases=len(numbers), differences=tuple(differences))


async def rewrite(session: AsyncSession, case_no: str, calendar: WorkingCalendar) -> None:
    """Write all rows that follow from the events of a case, whatever stood there."""
    entry = await _computed(session, case_no, calendar)
    if entry is None:
        return
    for table in PROJECTION.values():
        await session.execute(delete(table).where(table.c.case_no == case_no))
    await session.execute(rewriting(members_of(entry)), {"entry": document_of(entry)})


async def _numbers(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[str]:
    last = ""
    while True:
        async with sessions() as session:
            page = await session.scalars(
                select(Openings.case_no)
                .where(Openings.case_no > last)
                .order_by(Openings.case_no)
                .limit(_BATCH)
            )
            numbers = page.all()
        if not numbers:
            return
        for number in numbers:
            yield number
        last = numbers[-1]


async def _computed(session: AsyncSession, case_no: str, calendar: WorkingCalendar) -> Entry | None:
    case = await state(session, case_no)
    return None if case is None else make_entry((), case=case, before=None, calendar=calendar)


async def _differing(
    session: AsyncSession, case_no: str, calendar: WorkingCalendar
) -> tuple[str, ...]:
    await session.execute(select(1).where(Cases.case_no == case_no).with_for_update())
    entry = await _computed(session, case_no, calendar)
    if entry is None:
        return ()
    computed: dict[str, Iterable[Any]] = {
        member: (entry.case,) if member == "case" else getattr(entry, member) for member in _ROWS
    }
    tables = {"case": Model.metadata.tables["cases"], **PROJECTION}
    differing = [
        table.name
        for member, table in tables.items()
        if await _stored(session, case_no, table, _ROWS[member]) != set(computed[member])
    ]
    return tuple(differing)


async def _stored(session: AsyncSession, case_no: str, table: Table, row: type) -> set[Any]:
    columns = [table.c[field.name] for field in fields(row)]
    found = await session.execute(select(*columns).where(table.c.case_no == case_no))
    return {row(**values) for values in found.mappings()}
