"""Random clocks under random orders, as rows and as the domain has them."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.passing_time import _days, fires_on, pending
from casework.domain.case.projection import AwaitedRow, _awaited_row, _stretches
from casework.domain.kinds.application.state import Application
from casework.domain.orders import keys_of
from casework.domain.policy import Mark, Measure, Unit
from casework.domain.time.calendar import SATURDAY, CalendarYear, WorkingCalendar
from casework.domain.time.clock import (
    FIXED,
    After,
    Awaited,
    Clock,
    Stopped,
    Suspension,
    due_on,
    is_provisional,
)
from casework.domain.time.ladder import (
    AFTER,
    BEFORE,
    END,
    HALF,
    ON_DUE,
    mark,
    reached,
    side_of,
    steps,
)
from casework.domain.time.suspension import impose
from casework.policy.calendars import load_calendar
from casework.store.models import Clocks, Courses, Measures, Suspensions
from tests.domain.desk import open_desk

CASE = "310106-TEST-0000-0001"
OWN_DAYS = "310115"
PLACES = [(d, office) for d in ("310106", OWN_DAYS, "150102") for office in ("一", "二")]
KINDS = (
    *("notice", "pre_review", "decide", "paper", "defer", "archive", "publicity", "green"),
    *("handle", "cycle_reminder:7", "rate_contact", "round", "pre_review#2", "review", "silence"),
)
PARTS = (HALF, BEFORE, AFTER, END, ON_DUE)
MEASURES = ("M.1", "M.2", "M.3")
CASE_BY_DATE = replace(open_desk().case, by_date=True)
COMING = tuple(f"P.{n}" for n in range(6))
ITEMS = ("HJ_RES", "HJ_OVS")
CHANNELS = ("online", "email", "window")
FIRST, LAST = date(2025, 1, 1), date(2027, 6, 30)


@dataclass(frozen=True, kw_only=True)
class Bent:
    """A clock without what orders impose, where it runs, and what it has still to fire."""

    clock: Clock
    district: str
    office: str
    alone: str
    pending: tuple[str, ...]
    case: Application | None = None  # where the date decides: what the clock has given
    item: str = ""

    def reckoned(self, world: "World") -> tuple[Clock, WorkingCalendar]:
        """The clock under all that is in force, and the calendar of its place."""
        keys = keys_of(self.district, self.office, self.alone)
        bearing = [stop for key, stop in world.suspensions if key and key in keys]
        under = self.clock.awaited.under if self.clock.awaited else ()
        measures = [
            measure
            for measure, district, items in world.coming
            if measure.id in under or (district == self.district and self.item in items)
        ]
        clock = impose(
            self.clock,
            sorted(bearing, key=lambda s: (s.first_on, s.id)),
            [*world.measures, *measures],
        )
        return clock, world.own if self.district == OWN_DAYS else world.calendar

    def dates(self, world: "World") -> dict[str, Any]:
        """What the domain says under all that is in force."""
        clock, calendar = self.reckoned(world)
        due = due_on(clock, calendar)
        if self.case is not None:
            fires = fires_on(clock, self.case, calendar)
        else:
            fires = min(_days(clock, self.pending, calendar).values(), default=None)
        return {
            "pauses": _stretches(clock.stops),
            "due_on": due,
            "fires_on": fires,
            "provisional": due is not None and is_provisional(clock, calendar, due),
        }


@dataclass(frozen=True, kw_only=True)
class World:
    """What is in force: suspensions with the key of their reach, measures, calendars."""

    suspensions: list[tuple[str, Suspension]]
    measures: list[Measure]
    coming: list[tuple[Measure, str, tuple[str, ...]]]  # with district and items
    calendar: WorkingCalendar
    own: WorkingCalendar


def any_day(dice: random.Random, first: date = FIRST, last: date = LAST) -> date:
    return first + timedelta(days=dice.randrange((last - first).days + 1))


def any_clock(dice: random.Random) -> Bent:
    started_on = any_day(dice, last=date(2026, 12, 31))
    unit = dice.choice([*Unit, Unit.WORKING_DAYS, Unit.CALENDAR_DAYS])
    most = {Unit.CALENDAR_DAYS: 90, Unit.MONTHS: 6, Unit.UNTIL: 0}.get(unit, 60)
    district, office = dice.choice(PLACES)
    clock = Clock(
        id=dice.choice(KINDS),
        name="期限",
        unit=unit,
        amount=dice.choice([0, 1, 2, dice.randint(0, most)]) if most else 0,
        until=started_on + timedelta(days=dice.randint(-5, 90)) if unit in FIXED else None,
        rolls_forward=dice.random() < 0.6,
        started_on=started_on,
        suspensions=tuple(
            any_stop(dice, started_on) for _ in range(dice.choice([0, 0, 0, 1, 2, 3]))
        ),
        mark=Mark.SOURCE,
        measure=dice.choice(["", "", "", *MEASURES]),
        awaited=any_awaited(dice) if unit not in FIXED else None,
    )
    return Bent(
        clock=clock,
        district=district,
        office=office,
        alone=dice.choice(["", "", CASE]) if district == CASE[:6] else "",
        pending=tuple(part for part in PARTS if dice.random() < 0.5),
        item=dice.choice(ITEMS),
    )


def by_date(dice: random.Random, each: Bent, world: World) -> Bent:
    """The clock of a case where the date decides, which has given some of its rungs already."""
    clock, calendar = each.reckoned(world)
    clock = replace(clock, grace=dice.random() < 0.3)
    due = due_on(clock, calendar) or clock.started_on
    near = [due + timedelta(days=dice.randint(-20, 20)) for _ in range(2)]
    rungs = tuple(
        mark(clock.id, step.rung, dice.choice([due, *near]))
        for step in steps(clock)
        if step.rung is not None and dice.random() < 0.4
    )
    floor = due + timedelta(days=dice.choice([-20, -5, -1, 0, 1, 2]))
    rungs += (reached(clock.id, floor),) if rungs and dice.random() < 0.8 else ()
    case = replace(CASE_BY_DATE, rungs=rungs)
    own = replace(each.clock, grace=clock.grace)
    return replace(each, clock=own, case=case, pending=pending(clock, case))


def any_awaited(dice: random.Random) -> Awaited | None:
    if dice.random() < 0.4:
        return None
    unit = dice.choice([Unit.CALENDAR_DAYS, Unit.CALENDAR_DAYS, Unit.WORKING_DAYS, Unit.MONTHS])
    after = After(
        unit=unit,
        amount=dice.choice([0, 1, 2]) if unit is Unit.MONTHS else dice.choice([0, 1, 15, 30]),
        rolls_forward=dice.random() < 0.7,
        mark=Mark.PROPOSAL,
    )
    return Awaited(
        channel=dice.choice(CHANNELS),
        under=tuple(sorted(number for number in COMING if dice.random() < 0.1)),
        after=after if dice.random() < 0.9 else None,
    )


def any_coming(dice: random.Random) -> list[tuple[Measure, str, tuple[str, ...]]]:
    """Measures that begin while clocks run: for whom, how filed, accepted online since when."""
    return [any_coming_one(dice, number) for number in COMING]


def any_coming_one(dice: random.Random, number: str) -> tuple[Measure, str, tuple[str, ...]]:
    since = any_day(dice)
    length = dice.choice([0, 1, 14, 60, dice.randint(0, 300)])
    measure = Measure(
        id=number,
        effect=dice.choice(["PAPER_DEFERRED", "PAPER_NO_LIMIT", "PAPER_NO_LIMIT", "SELF_PRINT"]),
        reference="",
        mark=Mark.SOURCE,
        since=since,
        until=dice.choice([None, since + timedelta(days=length)]),
        online_accepted_from=dice.choice([None, None, since - timedelta(days=30), any_day(dice)]),
        channels=dice.choice([(), (), ("online",), ("online", "email")]),
    )
    district = dice.choice([place for place, _ in PLACES])
    return measure, district, dice.choice([ITEMS, ITEMS[:1], ITEMS[1:]])


def any_stop(dice: random.Random, near: date, number: str = "") -> Suspension:
    first_on = near + timedelta(days=dice.randint(-10, 60))
    length = dice.choice([0, 1, 2, dice.randint(3, 90)])
    return Suspension(
        id=number,
        first_on=first_on,
        lifted_on=None if dice.random() < 0.2 else first_on + timedelta(days=length),
        reason="封控",
        clocks=dice.choice([*Stopped]) if number else None,
    )


def any_suspensions(dice: random.Random) -> list[tuple[str, Suspension]]:
    keys = [key for place in PLACES for key in keys_of(*place, CASE)[1:]]
    return [
        (dice.choice(keys), any_stop(dice, any_day(dice), f"S-{n}"))
        for n in range(dice.randint(0, 6))
    ]


def any_measures(dice: random.Random) -> list[Measure]:
    return [
        Measure(
            id=number,
            effect="M",
            reference="",
            mark=Mark.SOURCE,
            since=FIRST,
            until=dice.choice([None, any_day(dice)]),
        )
        for number in MEASURES
    ]


def any_year(dice: random.Random, number: int) -> CalendarYear:
    """A year with a notice that nobody has issued."""
    days = {any_day(dice, date(number, 1, 1), date(number, 12, 31)) for _ in range(50)}
    return CalendarYear(
        year=number,
        off=tuple(sorted(day for day in days if day.weekday() < SATURDAY)),
        make_up=tuple(sorted(day for day in days if day.weekday() >= SATURDAY)),
        notice="通知",
        provisional=dice.random() < 0.5,
    )


def any_own_days(dice: random.Random, year: CalendarYear) -> CalendarYear:
    """Days of a district over a year: some of its own, some of the country's turned round."""
    new = any_year(dice, year.year)
    worked = {day for day in year.off if dice.random() < 0.3}
    rested = {day for day in year.make_up if dice.random() < 0.3}
    return replace(
        new,
        off=tuple(sorted(set(new.off[:5]) - worked | rested)),
        make_up=tuple(sorted(set(new.make_up[:5]) - rested | worked)),
    )


def with_years(years: Iterable[CalendarYear]) -> WorkingCalendar:
    changed = {year.year: year for year in years}
    return WorkingCalendar(tuple(changed.get(y.year, y) for y in load_calendar().years))


async def write_world(session: AsyncSession, world: World) -> None:
    words: dict[str, Any] = {"scope": "", "reason": "", "basis": "", "by": "", "channels": ()}
    suspensions = [
        {name: getattr(stop, name) for name in ("id", "first_on", "lifted_on", "clocks")}
        | {"key": key, "version": 1, **words}
        for key, stop in world.suspensions
    ]
    if suspensions:
        await session.execute(insert(Suspensions).values(suspensions))
    words = {"name": "", "district": "", "items": (), "origin": "", "reference": "", "mark": ""}
    measures = [
        {name: getattr(measure, name) for name in ("id", "effect", "since", "until")}
        | {"version": 1, **words}
        for measure in world.measures
    ]
    columns = ("id", "effect", "since", "until", "online_accepted_from", "channels")
    coming = [
        {name: getattr(measure, name) for name in columns}
        | {"version": 1, **words, "district": district, "items": items}
        for measure, district, items in world.coming
    ]
    await session.execute(insert(Measures).values(measures))
    await session.execute(insert(Measures).values(coming))


async def write_clocks(session: AsyncSession, clocks: list[Bent]) -> None:
    """Each clock with a course of its own and no dates yet."""
    await session.execute(insert(Courses), [_course(n, each) for n, each in enumerate(clocks)])
    rows = [
        {"case_no": CASE, "clock": f"{n}", "kind": "", "name": "", "course": UUID(int=n)}
        for n in range(len(clocks))
    ]
    await session.execute(insert(Clocks), rows)


def awaited_row(each: Bent) -> AwaitedRow | None:
    return _awaited_row(each.clock, replace(CASE_BY_DATE, item=each.item))


def _course(number: int, each: Bent) -> dict[str, Any]:
    clock = each.clock
    return {
        "id": UUID(int=number),
        "district": each.district,
        "office": each.office,
        "alone": each.alone,
        "unit": clock.unit,
        "amount": clock.amount,
        "until": clock.until,
        "rolls": clock.rolls,
        "side": side_of(clock.id) or "",
        "measure": clock.measure,
        "started_on": clock.started_on,
        "stops": _stretches(clock.suspensions),
        "pending": each.pending,
        "awaited": awaited_row(each),
        "ended_on": None,
        "pauses": (),
        "due_on": None,
        "fires_on": None,
        "provisional": False,
    }
