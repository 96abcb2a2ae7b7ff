"""What the catalogue's files put in force, brought into the register once."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.time.calendar import CalendarYear, WorkingCalendar
from casework.store.engine import take_order_turn
from casework.store.models import CalendarYears, Measures
from casework.store.register.in_force import CATALOGUE, COLUMNS, COUNTRY, MeasureRow, write_years

_YEAR = TypeAdapter(CalendarYear)
_NOT = object()


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """What the files say otherwise than the register, which only an order may bring in line.

    ``years`` and ``measures`` are the files'; ``gone`` are ids of measures that the files have no
    more. What an order has set is the order's: it is not compared, but for provisional years, which
    a release computes.
    """

    years: tuple[CalendarYear, ...] = ()
    measures: tuple[MeasureRow, ...] = ()
    gone: tuple[str, ...] = ()


async def seed(
    session: AsyncSession, calendar: WorkingCalendar, measures: Iterable[MeasureRow]
) -> Seeded:
    """Fill what is empty, as version 0; of what is filled, only say what differs."""
    rows = {row.id: row for row in measures}
    years, known = await _known_years(session), await _known_measures(session)
    if not years or not known:
        await take_order_turn(session)  # of two workers that start at once, the second waits
        years, known = await _known_years(session), await _known_measures(session)
    if not years:
        await write_years(session, COUNTRY, calendar.years, version=0)
        years = {year.year: year for year in calendar.years}
    if not known and rows:
        values = [asdict(row) | {"origin": CATALOGUE, "version": 0} for row in rows.values()]
        await session.execute(insert(Measures).values(values))
        known = dict(rows)
    return Seeded(
        years=tuple(y for y in calendar.years if years.get(y.year, _NOT) not in (y, None)),
        measures=tuple(m for m in rows.values() if known.get(m.id, _NOT) not in (m, None)),
        gone=tuple(sorted(number for number, row in known.items() if row and number not in rows)),
    )


async def _known_years(session: AsyncSession) -> dict[int, CalendarYear | None]:
    """The years of everybody's calendar; None for one whose notice an order has brought."""
    query = select(CalendarYears.body, CalendarYears.version)
    found = await session.execute(query.where(CalendarYears.calendar == COUNTRY))
    years = [(_YEAR.validate_python(body), version) for body, version in found]
    return {y.year: y if y.provisional or not version else None for y, version in years}


async def _known_measures(session: AsyncSession) -> dict[str, MeasureRow | None]:
    """All measures by id; None for one that an order has set."""
    found = (await session.execute(select(*COLUMNS, Measures.origin))).mappings()
    return {
        row["id"]: MeasureRow(**{name: value for name, value in row.items() if name != "origin"})
        if row["origin"] == CATALOGUE
        else None
        for row in found
    }
