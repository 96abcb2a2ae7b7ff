"""The projection anew from the events: the same tables that the recorder has written live."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from casework.domain.case.in_force import imposed
from casework.domain.case.projection import CaseRow, ClockRow, tables
from casework.domain.case.rows import RowsOf
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.messages.cases import InForceQuestion
from casework.messages.entry import Entry, make_entry
from casework.security.keys.vault import ErasedError
from casework.store.engine import take_recorder_turn
from casework.store.models import Cases, Model, Openings
from casework.store.register.cases import state
from casework.store.register.courses import NEXT_DUE, clock_rows
from casework.store.register.in_force import read_in_force
from casework.store.register.statements import PROJECTION, document_of, members_of, rewriting
from casework.store.sealing.sealing import opener, sealed

_BATCH = 500
_NONE = -1  # the version of no calendar: the answer brings one


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
    case_no: str | None = None,
    *,
    write: bool = True,
) -> RebuildReport:
    """Fold the events of one case or of all, and put right the rows that differ.

    What is in force for a case bears on its running clocks, whether it has noticed or not. Each
    case is a transaction of its own and waits for its recorder; it may run beside the workers, and
    be broken off and begun again. Without ``write`` it only compares.
    """
    numbers = [case_no] if case_no else [number async for number in _numbers(sessions)]
    differences = []
    for number in numbers:
        async with sessions.begin() as session:
            tables = await _differing(session, number)
            if tables:
                differences.append(Difference(case_no=number, tables=tables))
                if write:
                    await rewrite(session, number)
    return RebuildReport(cases=len(numbers), differences=tuple(differences))


async def rewrite(session: AsyncSession, case_no: str) -> None:
    """Write all rows that follow from the events of a case, whatever stood there.

    An erased case keeps the rows that it has: nothing can be computed of it any more.
    """
    entry = await _computed(session, case_no)
    if entry is None:
        return
    entry = await sealed(session, entry)
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


async def _computed(session: AsyncSession, case_no: str) -> Entry | None:
    try:
        case = await state(session, case_no)
    except ErasedError:
        return None
    if case is None:
        return None
    question = InForceQuestion(
        case_no=case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        received_on=local_date(case.reckoned_from),
        calendar_version=_NONE,
        needed_until=case.reckoned_until,
    )
    known = await read_in_force(session, question)
    calendar = known.calendar or WorkingCalendar(())
    entry = make_entry((), case=imposed(case, known), before=None, calendar=calendar)
    clocks = tuple(_as_ended(entry.rows["clocks"], await clock_rows(session, case_no)))
    return replace(entry, rows={**entry.rows, "clocks": clocks})


def _as_ended(computed: Iterable[ClockRow], stored: Iterable[ClockRow]) -> Iterator[ClockRow]:
    """An ended clock keeps the dates that it ended with: later calendars are none of its matter."""
    ended = {row.clock: row for row in stored if row.ended_on is not None}
    for row in computed:
        was = ended.get(row.clock, row)
        same = replace(row, due_on=was.due_on, provisional=was.provisional) == was
        yield was if same else row


async def _differing(session: AsyncSession, case_no: str) -> tuple[str, ...]:
    await take_recorder_turn(session)
    await session.execute(select(1).where(Cases.case_no == case_no).with_for_update())
    entry = await _computed(session, case_no)
    if entry is None:
        return ()
    differing = [
        each.table
        for each in tables()
        if await _stored(session, case_no, each) != set(entry.rows.get(each.member, ()))
    ]
    return tuple(differing)


async def _stored(session: AsyncSession, case_no: str, declared: RowsOf) -> set[Any]:
    table, row = Model.metadata.tables[declared.table], declared.row
    if row is ClockRow:
        return set(await clock_rows(session, case_no))
    columns = [
        NEXT_DUE if f.name == "due_on" and row is CaseRow else table.c[f.name] for f in fields(row)
    ]
    found = await session.execute(select(*columns).where(table.c.case_no == case_no))
    own = await opener(session, case_no)
    return {row(**own.row(table.name, values)) for values in found.mappings()}
