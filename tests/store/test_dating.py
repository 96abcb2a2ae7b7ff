"""The dates of the register's set-based arithmetic are those of the domain."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, true

from casework.store.engine import Sessions
from casework.store.in_force.redating import redate
from casework.store.models import Courses, Openings
from casework.store.register.in_force import COUNTRY, overlaid, read_calendar, write_years
from tests.examples import is_night
from tests.store.bent import (
    CASE,
    OWN_DAYS,
    World,
    any_clock,
    any_coming,
    any_measures,
    any_own_days,
    any_suspensions,
    any_year,
    by_date,
    with_years,
    write_clocks,
    write_world,
)

CLOCKS = 400
DATED = ("pauses", "due_on", "fires_on", "provisional")
OPENING = {"district": "", "source": "", "reference": "", "content": "", "subject": ""}


@pytest.mark.parametrize("seed", range(8 if is_night() else 2))
async def test_any_clocks_under_any_orders_are_due_when_the_rules_say(
    seed: int, sessions: Sessions
) -> None:
    dice = random.Random(seed)
    years = [any_year(dice, number) for number in (2025, 2026, 2027)]
    own = [any_own_days(dice, year) for year in years]
    world = World(
        suspensions=any_suspensions(dice),
        measures=any_measures(dice),
        coming=any_coming(dice),
        calendar=with_years(years),
        own=with_years(overlaid(year, days) for year, days in zip(years, own, strict=True)),
    )
    clocks = [any_clock(dice) for _ in range(CLOCKS)]
    clocks = [by_date(dice, each, world) if dice.random() < 0.6 else each for each in clocks]
    async with sessions.begin() as session:
        await write_years(session, COUNTRY, years, version=1)
        await write_years(session, OWN_DAYS, own, version=1)
        await session.execute(
            insert(Openings).values(
                case_no=CASE, rehearsal=timedelta(), started_by_run="", **OPENING
            )
        )
        await write_world(session, world)
        await write_clocks(session, clocks)
        assert await redate(session, true()) > CLOCKS // 2
        assert await redate(session, true()) == 0
        assert (await read_calendar(session, OWN_DAYS))[0].years == world.own.years
        found = (await session.scalars(select(Courses).order_by(Courses.id))).all()
        for each, row in zip(clocks, found, strict=True):
            assert {name: getattr(row, name) for name in DATED} == each.dates(world), each
