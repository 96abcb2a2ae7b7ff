"""What is in force for many cases at once: suspensions, temporary measures, the calendar."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, cities_of, readable_district
from api.edge.problems import AwayError
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.lists import Listing, PageQuery, readable
from api.routes.routers import with_token
from casework.domain.case.in_force import InForce
from casework.domain.time.calendar import (
    CalendarYear,
    CalendarYearMissingError,
    WorkingCalendar,
    local_date,
)
from casework.domain.time.dates import LAST_DAY
from casework.filing.bodies import District
from casework.messages.cases import InForceQuestion
from casework.store.in_force import (
    CatalogueNotHeldError,
    MeasureView,
    SuspensionView,
    latest_version,
    measures_page,
    read_in_force,
    suspensions_page,
)

router = with_token(tags=["in-force"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))


class InForceQuery(PageQuery):
    """Of a district, those in force on a day; without either all that the caller may see."""

    district: District | None = None
    on: Annotated[date | None, Field(description="只列这一天有效的；缺省为全部")] = None


@dataclass(frozen=True, kw_only=True)
class YearSummary:
    """A year of the calendar; ``provisional``: its notice is not imported."""

    year: int
    notice: str
    provisional: bool


@dataclass(frozen=True, kw_only=True)
class YearShown(YearSummary):
    """``off`` are the weekdays off, ``make_up`` the weekend days worked."""

    off: tuple[date, ...]
    make_up: tuple[date, ...]
    working_days: int


@dataclass(frozen=True, kw_only=True)
class Years:
    """All years; ``next_year_missing``: whether the notice of the coming year is to be imported."""

    items: tuple[YearSummary, ...]
    next_year_missing: bool


@router.get("/suspensions", summary="暂停")
@exported("暂停")
async def suspensions(
    asked: Annotated[InForceQuery, Query()], actor: Caller, here: Here
) -> Listing[SuspensionView]:
    """Suspensions by first day: whose clocks stand still, from when to when, why.

    Those of a city bear on its districts.
    """
    district = readable_district(actor, asked.district)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await suspensions_page(
                session,
                district,
                asked.on,
                cities=cities_of(actor),
                after=asked.cursor,
                size=asked.size,
            )
    return Listing(items=list(page.rows), next_cursor=page.next or None)


@router.get("/measures", summary="临时措施")
@exported("临时措施")
async def measures(
    asked: Annotated[InForceQuery, Query()], actor: Caller, here: Here
) -> Listing[MeasureView]:
    """Temporary measures by first day: those of the catalogue and those by order."""
    district = readable_district(actor, asked.district)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await measures_page(
                session,
                district,
                asked.on,
                cities=cities_of(actor),
                after=asked.cursor,
                size=asked.size,
            )
    return Listing(items=list(page.rows), next_cursor=page.next or None)


@router.get("/calendar", summary="工作日历的年份")
async def years(_: Caller, here: Here, district: District | None = None) -> Years:
    """Which years there are, and which of them rest on a notice."""
    calendar = await calendar_in_force(here, district or "")
    coming = local_date(here.now()).year + 1
    known = {year.year for year in calendar.years if not year.provisional}
    return Years(
        items=tuple(
            YearSummary(year=year.year, notice=year.notice, provisional=year.provisional)
            for year in calendar.years
        ),
        next_year_missing=coming not in known,
    )


@router.get("/calendar/{year}", summary="某年的工作日历")
async def year(
    year: Annotated[int, Path(examples=[2026], ge=-1_000_000, le=1_000_000)],
    _: Caller,
    here: Here,
    district: District | None = None,
) -> YearShown:
    """The weekdays off and the weekend days worked of a year."""
    calendar = await calendar_in_force(here, district or "")
    known = tuple(each.year for each in calendar.years)
    if not min(known) <= year <= LAST_DAY.year:  # today's law does not apply to earlier years
        raise CalendarYearMissingError(year, known)
    return _shown(calendar.year(year))


async def calendar_in_force(here: Parts, district: str) -> WorkingCalendar:
    """Return the calendar of a district (or of all); without the register, that of the files."""
    try:
        async with here.register.reading() as session:
            return await calendar_of(session, district, here)
    except AwayError:
        return here.desk.calendar


async def calendar_of(session: AsyncSession, district: str, here: Parts) -> WorkingCalendar:
    """The calendar of a district: see `Parts.calendar_of`."""
    return await here.calendar_of(session, district)


async def in_force_for(question: InForceQuestion, here: Parts, on: date | None = None) -> InForce:
    """Return what is in force for a case; nothing if the register is unavailable.

    The catalogue in force on that day (by default today) is held from then on, so that whatever
    desk is asked for afterwards goes by it. Raises AwayError: it cannot be had.
    """
    try:
        async with here.register.reading() as session:
            in_force, latest = await read_in_force(session, question), await latest_version(session)
    except AwayError:
        return InForce()
    try:
        await here.published.require(latest, on or local_date(here.now()))
    except CatalogueNotHeldError as error:
        raise AwayError("catalogue") from error
    return in_force


def _shown(year: CalendarYear) -> YearShown:
    return YearShown(
        year=year.year,
        notice=year.notice,
        provisional=year.provisional,
        off=year.off,
        make_up=year.make_up,
        working_days=len(year.working),
    )
