"""The working-day calendar in the register: years as notices have them, and the index of days."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Boolean, Date, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.time.calendar import SATURDAY, CalendarYear, WorkingCalendar
from casework.store.models import CalendarDays, CalendarYears

COUNTRY = "CN"
_YEAR = TypeAdapter(CalendarYear)
_DAYS = text(
    """
    INSERT INTO calendar_days (calendar, day, working, nth)
    SELECT :calendar, :first + (n - 1)::int, working,
           count(*) FILTER (WHERE working) OVER (ORDER BY n)
    FROM unnest(:working) WITH ORDINALITY AS days (working, n)
    """
).bindparams(bindparam("first", type_=Date), bindparam("working", type_=ARRAY(Boolean)))


async def read_calendar(
    session: AsyncSession, district: str = "", *, years: range | None = None
) -> tuple[WorkingCalendar, int]:
    """The calendar of a district with its version; all years, unless told which.

    A district without days of its own has everybody's. Empty while nothing has been seeded.
    """
    own = CalendarYears.calendar != COUNTRY
    query = select(CalendarYears.body, CalendarYears.version, own).where(
        CalendarYears.calendar.in_({COUNTRY, district})
    )
    if years is not None:
        query = query.where(CalendarYears.year.between(years.start, years.stop - 1))
    found = (await session.execute(query.order_by(CalendarYears.year, own))).all()
    own_last = ((_YEAR.validate_python(body), is_own) for body, _, is_own in found)
    return merged(own_last), max((row.version for row in found), default=0)


def merged(years: Iterable[tuple[CalendarYear, bool]]) -> WorkingCalendar:
    """Everybody's years in order, each followed by the district's own days in it (True), if any."""
    whole: dict[int, CalendarYear] = {}
    for year, is_own in years:
        whole[year.year] = overlaid(whole[year.year], year) if is_own else year
    return WorkingCalendar(tuple(whole.values()))


async def calendar_version(session: AsyncSession, district: str) -> int:
    """The version of the newest year in a district's calendar, 0 for that of the catalogue."""
    query = select(func.max(CalendarYears.version))
    return await session.scalar(query.where(CalendarYears.calendar.in_({COUNTRY, district}))) or 0


def overlaid(year: CalendarYear, own: CalendarYear) -> CalendarYear:
    """A year with a district's own days in place of what it says of them.

    ``make_up`` of the district are the days it works, be they weekend or holiday; ``off`` are those
    on which it does not. Whether the year is provisional is for its own notice to say.
    """
    worked, free = set(own.make_up), set(own.off)
    off = (set(year.off) - worked) | {day for day in free if day.weekday() < SATURDAY}
    make_up = (set(year.make_up) - free) | {day for day in worked if day.weekday() >= SATURDAY}
    return replace(
        year,
        off=tuple(sorted(off)),
        make_up=tuple(sorted(make_up)),
        notice=f"{year.notice}；{own.notice}",
    )


async def write_years(
    session: AsyncSession, calendar: str, years: Iterable[CalendarYear], version: int
) -> None:
    """Put years in the place of those that are there, and make the index of days anew."""
    for year in years:
        row = {
            "body": _YEAR.dump_python(year, mode="json"),
            "notice": year.notice,
            "provisional": year.provisional,
            "version": version,
        }
        written = insert(CalendarYears).values(calendar=calendar, year=year.year, **row)
        await session.execute(
            written.on_conflict_do_update(
                index_elements=[CalendarYears.calendar, CalendarYears.year], set_=row
            )
        )
    own = select(CalendarYears.calendar).where(CalendarYears.calendar != COUNTRY).distinct()
    others = (await session.scalars(own)).all() if calendar == COUNTRY else [calendar]
    for name in {calendar, *others}:
        await _write_days(session, name)


async def _write_days(session: AsyncSession, calendar: str) -> None:
    whole, _ = await read_calendar(session, calendar)
    first, last = date(whole.years[0].year, 1, 1), date(whole.years[-1].year, 12, 31)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    await session.execute(delete(CalendarDays).where(CalendarDays.calendar == calendar))
    await session.execute(
        _DAYS,
        {"calendar": calendar, "first": first, "working": [whole.is_working(day) for day in days]},
    )
