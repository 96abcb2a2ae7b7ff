"""What an order ends it ends from its approval on, never backwards (domain.md §C.6).

Days on which a clock stood still, or which were days of rest, and that lie before the approval stay
left out of every count: whoever relied on them must not find that a limit has run out meanwhile. So
nothing falls due because of an order on the day of its approval or before.
"""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.orders import (
    ChangeSuspension,
    Content,
    EndMeasure,
    ImportCalendar,
    LiftSuspension,
    Scope,
)
from casework.domain.policy import city_of
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import Stopped, Suspension
from casework.store.in_force.order_book import Stamp
from casework.store.models import Courses, Measures, Suspensions
from casework.store.register.in_force import as_suspension, read_calendar

KEPT = "已经停止计算的日子不追溯恢复"
RESTED = "日历更正不追溯：此前按休息日处理"


def last_day(asked: date | None, known: date | None, today: date) -> date | None:
    """The last day that an order of today gives a measure which ends on ``known``.

    A day in the past becomes today; of a measure that is over, the end may only be a later one.
    """
    if asked is None or asked >= today:
        return asked
    return max(asked, min(known or today, today))


async def keep_stopped(
    session: AsyncSession,
    before: Suspensions,
    content: ChangeSuspension | LiftSuspension,
    stamp: Stamp,
) -> None:
    """Keep what a suspension has stopped up to today, where an order would take it back.

    What it stopped is then a suspension of its own, which is over and closes no channel; lists show
    only what was ordered, the ledger of a clock shows both.
    """
    days = stretch_kept(as_suspension(before), content, stamp.on)
    if days is None:
        return
    await _write(
        session,
        stamp,
        scope=before.scope,
        key=before.key,
        days=[days],
        clocks=Stopped(before.clocks),
        reason=f"{KEPT}（{before.reason}）",
    )


def stretch_kept(
    before: Suspension, content: ChangeSuspension | LiftSuspension, today: date
) -> tuple[date, date] | None:
    """The first and last day that stay stopped by an order of today; None if it takes none back."""
    if before.first_on > today:
        return None
    first_on = None
    if content.lifted_on is not None and content.lifted_on < today:
        first_on = content.lifted_on
    if isinstance(content, ChangeSuspension):
        narrower = not set(_sides(before.clocks)) <= set(_sides(content.clocks))
        if content.first_on > before.first_on or narrower:
            first_on = before.first_on
    if first_on is None:
        return None
    return max(first_on, before.first_on), min(before.lifted_on or today, today)


def ordered() -> ColumnElement[bool]:
    """Of all suspensions those that somebody ordered, without what was kept of others."""
    return ~Suspensions.id.contains(".", autoescape=True)


def _sides(clocks: str | None) -> Collection[str]:
    return ("applicant", "authority") if clocks == Stopped.BOTH else (clocks or "",)


async def keep_rested(
    session: AsyncSession,
    content: ImportCalendar,
    before: WorkingCalendar,
    reach: ColumnElement[bool],
    stamp: Stamp,
) -> None:
    """Keep the days of rest up to today that a notice makes working days, for clocks that ran.

    ``before`` is the calendar of those in ``reach`` without the notice, which is written already.
    """
    began = await session.scalar(select(func.min(Courses.started_on)).where(reach))
    if began is None:
        return
    after, _ = await read_calendar(session, content.district)
    turned = rest_turned(before, after, content.year.year, began, stamp.on)
    for scope, key in await _places(session, content.district, reach) if turned else ():
        await _write(
            session,
            stamp,
            scope=scope,
            key=key,
            days=[(day, day) for day in turned],
            clocks=Stopped.BOTH,
            reason=RESTED,
        )


def rest_turned(
    before: WorkingCalendar, after: WorkingCalendar, year: int, began: date, today: date
) -> list[date]:
    """The days of rest of a year that are working days now, from ``began`` to today."""
    if year > today.year or all(each.year != year for each in before.years):
        return []
    first, last = max(began, date(year, 1, 1)), min(today, date(year, 12, 31))
    days = (date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
    return [day for day in days if after.is_working(day) and not before.is_working(day)]


async def _places(
    session: AsyncSession, district: str, reach: ColumnElement[bool]
) -> list[tuple[Scope, str]]:
    if district:
        return [(Scope.DISTRICT, district)]
    found = await session.scalars(select(Courses.district).where(reach).distinct())
    return [(Scope.CITY, city) for city in sorted({city_of(each) for each in found})]


async def _write(  # noqa: PLR0913 - rows, whole
    session: AsyncSession,
    stamp: Stamp,
    *,
    scope: str,
    key: str,
    days: Iterable[tuple[date, date]],
    clocks: Stopped,
    reason: str,
) -> None:
    rows = [
        {
            "id": f"{stamp.order}.{key}.{first_on:%Y%m%d}",
            "scope": scope,
            "key": key,
            "first_on": first_on,
            "lifted_on": lifted,
            "reason": reason,
            "basis": f"指令 {stamp.order}，{stamp.on} 批准",
            "clocks": clocks,
            "channels": (),
            "by": stamp.by,
            "version": stamp.version,
        }
        for first_on, lifted in days
    ]
    await session.execute(insert(Suspensions).values(rows))


async def remarks(session: AsyncSession, content: Content, stamp: Stamp) -> tuple[str, ...]:
    """What to say of an order, just put in force, that speaks of days before its approval."""
    found = []
    if isinstance(content, EndMeasure) and content.until and content.until < stamp.on:
        measure = await session.get_one(Measures, content.measure, populate_existing=True)
        day = f"截止日 {content.until} 早于批准之日，不追溯"
        found.append(f"{day}：措施按 {measure.until} 止计算")
    lifting = content.lifted_on if isinstance(content, LiftSuspension | ChangeSuspension) else None
    if lifting is not None and lifting < stamp.on:
        found.append(f"解除日 {lifting} 早于批准之日，不追溯：期限自 {stamp.on} 批准后恢复计算")
    kept = select(Suspensions).where(Suspensions.id.startswith(f"{stamp.order}.", autoescape=True))
    rows = await session.scalars(kept.order_by(Suspensions.first_on, Suspensions.id))
    found.extend(f"{row.reason}：{row.first_on} 至 {row.lifted_on} 仍不计入" for row in rows)
    return tuple(found)
