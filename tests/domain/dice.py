"""Random worlds of bent time, by dice: quicker by far than one Hypothesis draw for each number."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from casework.domain.policy import Mark, Measure, Unit
from casework.domain.time.calendar import CalendarYear, WorkingCalendar
from casework.domain.time.clock import FIXED, Clock, Extension, Stopped, Suspension
from casework.domain.time.ladder import LADDERS, Rung, mark, reached, steps
from casework.policy.calendars import load_calendar

FIRST_YEAR, LAST_YEAR = 2022, 2036
PUBLISHED = load_calendar()
UNITS = (
    *[Unit.WORKING_DAYS] * 6,
    *[Unit.CALENDAR_DAYS] * 2,
    Unit.MONTHS,
    Unit.UNTIL,
    Unit.WORKING_DAYS_BEFORE,
)
KINDS = tuple(LADDERS)
MATERIALS = {"defer": "defer:seal", "rescue": "rescue:seal"}


@dataclass(frozen=True)
class World:
    """What is in force, around a day."""

    calendar: WorkingCalendar
    around: date
    suspensions: tuple[Suspension, ...]
    measures: tuple[Measure, ...]


def world(dice: Random) -> World:
    around = date(2023, 1, 1) + timedelta(days=dice.randrange(2500))
    suspensions = list[Suspension]()
    for number in range(dice.choice([0, 1, 2, 3, 5])):
        before = suspensions[-1] if suspensions else None
        suspensions.append(imposed(dice, around, f"order-{number}", before))
    measures = tuple(measure(dice, around, number) for number in range(2))
    return World(calendar(dice), around, tuple(suspensions), measures)


def calendar(dice: Random) -> WorkingCalendar:
    """The published years, most of them as they are; some by another notice, or by a district."""
    years = (PUBLISHED.year(number) for number in range(FIRST_YEAR, LAST_YEAR + 1))
    return WorkingCalendar(tuple(year(dice, one) for one in years))


def year(dice: Random, one: CalendarYear) -> CalendarYear:
    match dice.randrange(4):
        case 0:  # another notice altogether, or none
            return notice(dice, one.year)
        case 1:  # a district's own days over it
            own = notice(dice, one.year)
            days = (*own.off[:2], *own.make_up[:2])
            return replace(
                one,
                off=tuple(sorted({*one.off, *own.off[:2]} - {*own.make_up[:2]})),
                make_up=tuple(sorted({*one.make_up, *own.make_up[:2]} - {*own.off[:2]})),
                notice=f"本区另行通知（{len(days)} 日）",
            )
        case _:
            return one


def notice(dice: Random, number: int) -> CalendarYear:
    """Random days off, in runs, and random days worked in exchange."""
    first = date(number, 1, 1)
    runs = {
        first + timedelta(days=start + step)
        for start in dice.sample(range(355), dice.choice([3, 7]))
        for step in range(dice.randrange(1, 9))
    }
    weekend = [d for n in range(365) if (d := first + timedelta(days=n)).weekday() >= 5]
    return CalendarYear(
        year=number,
        off=tuple(sorted(day for day in runs if day.weekday() < 5)),
        make_up=tuple(sorted(dice.sample(weekend, dice.randrange(8)))),
        notice="测试通知",
        provisional=dice.random() < 0.4,
    )


def imposed(dice: Random, around: date, name: str, before: Suspension | None) -> Suspension:
    """A suspension: apart, adjacent to the one before, overlapping, of one day, open-ended."""
    first_on = around + timedelta(days=dice.randrange(-150, 250))
    if before is not None and before.lifted_on is not None and dice.random() < 0.4:
        first_on = before.lifted_on + timedelta(days=dice.choice([-3, -1, 0, 1]))
    return Suspension(
        id=name,
        first_on=first_on,
        lifted_on=_end(dice, first_on),
        reason="封控",
        by="ja-supervisor-a",
        basis="通告第 1 号",
        clocks=dice.choice(list(Stopped)),
    )


def _end(dice: Random, first_on: date) -> date | None:
    if dice.random() < 0.08:
        return None
    return first_on + timedelta(days=dice.choice([0, 0, 1, 2, 7, 14, 30, 61, 120]))


def measure(dice: Random, around: date, number: int) -> Measure:
    until = around + timedelta(days=dice.randrange(-60, 200)) if dice.random() < 0.7 else None
    return Measure(
        id=f"PAPER_NO_LIMIT.310106.{number}",
        effect="PAPER_NO_LIMIT",
        reference="公告",
        mark=Mark.SOURCE,
        since=around - timedelta(days=400),
        until=until,
    )


def clock(dice: Random, here: World) -> Clock:
    """A clock as its case starts it: with stops of its own, and nothing imposed yet."""
    kind, unit = dice.choice(KINDS), dice.choice(UNITS)
    started_on = _start(dice, here)
    length = dice.choice([0, 1, 2, 3, 5, 10, 15, 15, 20, 20, 30, 45, 60, dice.randrange(250)])
    amounts = {Unit.MONTHS: 5, Unit.UNTIL: 1, Unit.WORKING_DAYS_BEFORE: 20}
    amount = dice.randrange(amounts[unit]) if unit in amounts else length
    ahead = 60 if unit is Unit.WORKING_DAYS_BEFORE else 0  # never over when the clock starts
    until = started_on + timedelta(days=length + ahead) if unit in FIXED else None
    name = MATERIALS.get(kind, kind)
    return Clock(
        id=name + dice.choice(["", "", "#2"]),
        name="期限",
        unit=unit,
        amount=amount,
        until=until,
        rolls_forward=dice.random() < 0.5,
        started_on=started_on,
        extensions=tuple(_extension(dice, started_on) for _ in range(dice.choice([0, 0, 0, 1, 2]))),
        suspensions=tuple(_own(dice, started_on) for _ in range(dice.choice([0, 0, 0, 1, 2, 3]))),
        ended_on=started_on + timedelta(days=dice.randrange(90)) if dice.random() < 0.1 else None,
        mark=Mark.LAW,
        measure=dice.choice(here.measures).id if dice.random() < 0.15 else "",
        grace=dice.random() < 0.1,
    )


def _start(dice: Random, here: World) -> date:
    """Anywhere, or on a day that matters: of a suspension's beginning, or of its end."""
    edges = [edge for one in here.suspensions for edge in (one.first_on, one.lifted_on) if edge]
    if edges and dice.random() < 0.3:
        return dice.choice(edges) + timedelta(days=dice.choice([-1, 0, 0, 1]))
    return here.around + timedelta(days=dice.randrange(-200, 200))


def _extension(dice: Random, started_on: date) -> Extension:
    on = started_on + timedelta(days=dice.randrange(30))
    return Extension(amount=dice.choice([1, 3, 10]), on=on, by="局长", reason="情况复杂")


def _own(dice: Random, started_on: date) -> Suspension:
    first_on = started_on + timedelta(days=dice.randrange(-5, 60))
    return Suspension(
        first_on=first_on,
        lifted_on=_end(dice, first_on),
        reason="听证：材料存疑",
        by="ja-officer-a",
        basis="行政许可法 §45",
    )


def rungs_given(dice: Random, one: Clock) -> tuple[str, ...]:
    """What a case of before the date decided remembers."""
    return tuple(f"{one.id}:{rung}" for rung in Rung if dice.random() < 0.3)


def marks_given(dice: Random, one: Clock, due: date | None) -> tuple[str, ...]:
    """What a case remembers of a clock: rungs for this due date or another, and the latest day."""
    given = [step.rung for step in steps(one) if step.rung is not None and dice.random() < 0.4]
    around = due or one.started_on + timedelta(days=20)
    shift = timedelta(days=dice.choice([0, 0, -7, 3]))
    marks = tuple(mark(one.id, rung, around + shift) for rung in given)
    if not marks:
        return ()
    last = max(one.started_on, around + timedelta(days=dice.randrange(-15, 4)))
    return (*marks, reached(one.id, last))
