"""What a case is told when it looks up what is in force for it."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.in_force import InForce
from casework.domain.orders.orders import keys_of
from casework.domain.policy import Measure
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import Stopped, Suspension
from casework.messages.cases import InForceQuestion
from casework.store.in_force.calendars import calendar_version, read_calendar
from casework.store.in_force.measures import measures_of
from casework.store.models import Changes, Suspensions
from casework.store.register.absences import absent_officers

_YEARS_BEFORE, _YEARS_AFTER, _YEARS_BEYOND = 1, 6, 3


async def read_in_force(session: AsyncSession, question: InForceQuestion) -> InForce:
    """What is in force for a case, with the calendar only where it is not the one the case has.

    ``version`` is never newer than the rest: what comes in between makes the case look once more.
    """
    keys = keys_of(question.district, question.office, question.case_no)
    version = await current_version(session, keys)
    known = await calendar_version(session, question.district)
    suspensions = await _suspensions(session, keys, question)
    measures = await measures_of(session, question.district, question.item)
    measures_known = tuple(row.measure for row in measures)
    needed = max(_needed_until(suspensions, measures_known), question.needed_until)
    return InForce(
        version=version,
        suspensions=suspensions,
        measures=measures_known,
        calendar_version=known,
        calendar=await _news(session, question, known, needed),
        absent=await absent_officers(session, question.on) if question.on else (),
    )


async def current_version(session: AsyncSession, keys: Collection[str]) -> int:
    """The version of the last order that concerned one of the keys, 0 if none did."""
    query = select(func.max(Changes.version)).where(Changes.key.in_(keys))
    return await session.scalar(query) or 0


async def _suspensions(
    session: AsyncSession, keys: Collection[str], question: InForceQuestion
) -> tuple[Suspension, ...]:
    over = Suspensions.lifted_on < question.received_on
    query = select(Suspensions).where(Suspensions.key.in_(keys), over.is_not(True))
    found = await session.scalars(query.order_by(Suspensions.first_on, Suspensions.id))
    return tuple(as_suspension(row) for row in found)


def as_suspension(row: Suspensions) -> Suspension:
    """A row as the domain has it."""
    return Suspension(
        id=row.id,
        first_on=row.first_on,
        lifted_on=row.lifted_on,
        reason=row.reason,
        basis=row.basis,
        by=row.by,
        clocks=Stopped(row.clocks),
        channels=row.channels,
    )


def _needed_until(suspensions: tuple[Suspension, ...], measures: tuple[Measure, ...]) -> int:
    """The last year in which a case may have to count for what ends late; 0 if nothing does."""
    ends = (*(stop.lifted_on for stop in suspensions), *(m.until for m in measures))
    return max((day.year + _YEARS_BEYOND for day in ends if day is not None), default=0)


async def _news(
    session: AsyncSession, question: InForceQuestion, known: int, needed: int
) -> WorkingCalendar | None:
    """The calendar, if it is another than the one the case has, or goes on longer."""
    another = known != question.calendar_version
    if not another and needed <= question.calendar_until:
        return None
    calendar = await _excerpt(session, question, needed)
    longer = calendar is not None and calendar.years[-1].year > question.calendar_until
    return calendar if another or longer else None


async def _excerpt(
    session: AsyncSession, question: InForceQuestion, needed: int
) -> WorkingCalendar | None:
    # A case may wait long for its last file.
    received = question.received_on.year
    years = range(received - _YEARS_BEFORE, max(received + _YEARS_AFTER, needed) + 1)
    calendar, _ = await read_calendar(session, question.district, years=years)
    return calendar if calendar.years else None  # nothing has been seeded yet
