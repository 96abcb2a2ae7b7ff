"""Orders that bring the calendar of a year by its notice, or a district's own days over it.

And what a release computes anew for years whose notice is not out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.errors import DomainError
from casework.domain.orders import ComputeCalendar, ImportCalendar
from casework.domain.time.calendar import SATURDAY, CalendarYear
from casework.store.in_force.not_backwards import keep_rested
from casework.store.in_force.order_book import Concern, Stamp
from casework.store.models import CalendarYears
from casework.store.register.courses import courses_of_district
from casework.store.register.in_force import COUNTRY, read_calendar, write_years


def concern_of(content: ImportCalendar | ComputeCalendar) -> Concern:
    """The cases of the district, or all."""
    return Concern.of_district("" if isinstance(content, ComputeCalendar) else content.district)


async def put(session: AsyncSession, content: ImportCalendar, stamp: Stamp) -> ColumnElement[bool]:
    """Write the year and the index of days; a notice makes the year final.

    A day of rest that has passed stays one for the clocks that were running (``not_backwards``).
    """
    query = select(CalendarYears.year).where(CalendarYears.calendar == COUNTRY)
    check(content, sorted(await session.scalars(query)))
    before, _ = await read_calendar(session, content.district)
    year = replace(content.year, provisional=False)
    await write_years(session, content.district or COUNTRY, [year], stamp.version)
    reach = courses_of_district(content.district)
    await keep_rested(session, content, before, reach, stamp)
    return reach


async def put_computed(
    session: AsyncSession, content: ComputeCalendar, stamp: Stamp
) -> ColumnElement[bool]:
    """Write the years that have no notice yet, and the index of days."""
    query = select(CalendarYears.year).where(
        CalendarYears.calendar == COUNTRY, CalendarYears.provisional.is_(False)
    )
    final = set(await session.scalars(query))
    years = [year for year in content.years if year.provisional and year.year not in final]
    if years:
        await write_years(session, COUNTRY, years, stamp.version)
    return courses_of_district("")


def check(content: ImportCalendar, known: Sequence[int]) -> None:
    """Each day in its year, weekdays off and weekend days worked, no year left out.

    A district may also work on a weekday that is off elsewhere, or rest on a weekend day worked.
    ``known`` are the years of everybody's calendar, in order.

    Raises:
        DomainError: ``CALENDAR_DAY_INVALID``, ``CALENDAR_YEAR_GAP``.
    """
    _require_days(content.year, own=bool(content.district))
    _require_no_gap(content, known)


def _require_days(year: CalendarYear, *, own: bool) -> None:
    for field, day_is_weekend in _days(year):
        if not own and day_is_weekend != (field == "make_up"):
            right = "调休上班日须是周六、周日" if field == "make_up" else "放假日只列周一至周五"
            raise DomainError("CALENDAR_DAY_INVALID", right, f"year.{field}")


def _days(year: CalendarYear) -> Iterator[tuple[str, bool]]:
    for field, days in (("off", year.off), ("make_up", year.make_up)):
        for day in days:
            if day.year != year.year:
                raise DomainError(
                    "CALENDAR_DAY_INVALID", f"{day} 不在 {year.year} 年", f"year.{field}"
                )
            yield field, day.weekday() >= SATURDAY


def _require_no_gap(content: ImportCalendar, known: Sequence[int]) -> None:
    number = content.year.year
    if content.district and number not in known:
        raise DomainError("CALENDAR_YEAR_GAP", f"全国日历还没有 {number} 年", "year.year")
    if known and not known[0] - 1 <= number <= known[-1] + 1:
        raise DomainError(
            "CALENDAR_YEAR_GAP", f"年份须连续：现有 {known[0]}—{known[-1]} 年", "year.year"
        )
