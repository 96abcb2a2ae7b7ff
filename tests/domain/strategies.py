"""Random clocks around the years that have a notice, and a few beyond them."""

from datetime import date, timedelta

from hypothesis import strategies as st

from casework.domain.policy import Mark, Unit
from casework.domain.time.clock import Clock, Extension, Suspension

DAYS = st.dates(min_value=date(2022, 1, 1), max_value=date(2029, 12, 31))
COUNTED_UNITS = (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.MONTHS)

# Before, within and after a limit; of one day to four months; some are not lifted.
STOPS = st.tuples(st.integers(-60, 400), st.integers(-20, 150))
EXTENSIONS = st.integers(1, 8)


def suspension(around: date, stop: tuple[int, int]) -> Suspension:
    first_on = around + timedelta(days=stop[0])
    return Suspension(
        first_on=first_on,
        lifted_on=None if stop[1] < 0 else first_on + timedelta(days=stop[1]),
        reason="封控",
        by="静安区",
        basis="通告第 1 号",
    )


def extension(around: date, amount: int) -> Extension:
    return Extension(amount=amount, on=around, by="局长", reason="情况复杂")


@st.composite
def ahead(draw: st.DrawFn) -> Clock:
    """What is to come before a day; it may have been over when the clock started."""
    started_on = draw(DAYS.filter(lambda day: day >= date(2022, 6, 1)))
    return Clock(
        id="cycle_reminder:7",
        name="催评提醒",
        unit=Unit.WORKING_DAYS_BEFORE,
        amount=draw(st.integers(0, 30)),
        until=started_on + timedelta(days=draw(st.integers(-10, 400))),
        started_on=started_on,
        mark=Mark.PROPOSAL,
    )


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    started_on = draw(DAYS)
    unit = draw(st.sampled_from(COUNTED_UNITS))
    most = 18 if unit is Unit.MONTHS else 260
    extended = draw(st.lists(EXTENSIONS, max_size=2))
    stopped = draw(st.lists(STOPS, max_size=4))
    return Clock(
        id="decide",
        name="办理期限",
        unit=unit,
        amount=draw(st.integers(0, most)),
        rolls_forward=draw(st.booleans()),
        started_on=started_on,
        extensions=tuple(extension(started_on, amount) for amount in extended),
        suspensions=tuple(suspension(started_on, stop) for stop in stopped),
        mark=Mark.LAW,
    )
