"""Dates under all that bends time, against a walk day by day; what ``imposed`` tells, it checks.

Each world holds two hundred clocks: 5,000 by default, a million with the profile ``nightly``.
"""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.passing_time import fires_on, pending
from casework.domain.policy import Unit
from casework.domain.time.clock import Clock, Reading, read
from casework.domain.time.suspension import impose
from tests.domain import dice as throw
from tests.domain.desk import open_desk
from tests.domain.oracle import Oracle, Still, Verdict
from tests.examples import examples

CASE = open_desk().case
CLOCKS = 200


@examples(25, night=5_000)
@given(seed=st.integers(0, 2**48))
def test_clocks_of_a_random_world_agree_with_a_walk(seed: int) -> None:
    dice = Random(seed)
    here = throw.world(dice)
    oracle = Oracle(here.calendar)
    for _ in range(CLOCKS):
        raw = throw.clock(dice, here)
        still = oracle.still(raw, here.suspensions, here.measures)
        verdict = oracle.judge(raw, still)
        clock = impose(raw, here.suspensions, here.measures)
        on = raw.started_on + timedelta(days=dice.randrange(200))
        assert read(clock, here.calendar, on) == reading(oracle, raw, still, verdict, on), clock
        if dice.random() < 0.2:  # a case of before the date decided keeps its days
            case = replace(CASE, by_date=False, rungs=throw.rungs_given(dice, raw))
        else:
            case = replace(CASE, rungs=throw.marks_given(dice, raw, verdict.due_on))
        parts = pending(clock, case)
        fires = oracle.fires_on(raw, parts, still, verdict)
        assert fires_on(clock, case, here.calendar) == fires, (clock, parts)


def reading(oracle: Oracle, clock: Clock, still: Still, verdict: Verdict, on: date) -> Reading:
    """The clock at the end of ``on``, as the walk has it."""
    ended = clock.ended_on is not None and clock.ended_on <= on
    at = min(on, clock.ended_on or on)
    if clock.until is not None:
        budget = (clock.until - clock.started_on).days
        used = min(budget, max(0, (at - clock.started_on).days))
    else:
        budget = oracle.budget(clock)
        used = sum(day <= at for day in verdict.counted)
    overdue = 0
    if verdict.due_on is not None and verdict.due_on < at:
        by_calendar = clock.unit is Unit.WORKING_DAYS
        overdue = oracle.count(verdict.due_on, at) if by_calendar else (at - verdict.due_on).days
    return Reading(
        due_on=verdict.due_on,
        provisional=verdict.provisional,
        used=used,
        remaining=budget - used,
        is_paused=not ended and still.pauses(on.toordinal()),
        overdue_days=overdue,
        ended=ended,
    )
