"""An order in force: the register shows it at once, for each case as the rules have it."""

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.commands import AskOpinion, PassOn
from casework.domain.errors import DomainError
from casework.domain.orders import ChangeSuspension, Content, ImportCalendar, Reach, Scope
from casework.domain.policy import Role
from casework.domain.time.clock import Stopped
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.in_force import read_calendar
from casework.store.models import Clocks
from casework.store.queries import CaseFilter, TaskFilter, clocks, search_cases, tasks
from casework.store.register.rebuild import rebuild
from tests.domain.desk import open_desk
from tests.examples import is_night
from tests.store.conftest import Recording
from tests.store.contents import contents_of
from tests.store.entries import writer
from tests.store.orders import DISTRICT, Looker, closing, ending, give, lifting, starting
from tests.store.test_rebuild import any_desk

MANY = 8 if is_night() else 4
ELSEWHERE = Reach(scope=Scope.OFFICE, key="310106/别处")
YEAR = load_calendar().year(2026)


def changing(suspension: str, first_on: str, lifted_on: str = "") -> ChangeSuspension:
    content = closing(first_on, lifted_on)
    names = ("first_on", "lifted_on", "reason", "basis", "clocks", "channels")
    kept: dict[str, Any] = {name: getattr(content, name) for name in names}
    return ChangeSuspension(suspension=suspension, **kept)


def importing(district: str = "", **days: Any) -> ImportCalendar:
    return ImportCalendar(year=replace(YEAR, **days), district=district)


WITH_A_WORKING_HOLIDAY = importing(off=YEAR.off[:-1])
OF_THE_DISTRICT = importing("310106", off=(date(2026, 9, 21), date(2026, 9, 22)), make_up=())
EVERY_KIND: dict[str, list[Content]] = {
    "open": [closing("2026-09-10")],
    "bounded": [closing("2026-09-18", "2026-10-09", clocks=Stopped.APPLICANT)],
    "lifted": [closing("2026-09-10"), lifting("o-0", "2026-09-20")],
    "changed": [closing("2026-09-10"), changing("o-0", "2026-09-15", "2026-09-22")],
    "overlapping": [
        closing("2026-09-10", "2026-09-30", reach=Reach(scope=Scope.CITY, key="310000")),
        closing("2026-09-21", "2026-10-15"),
    ],
    "elsewhere": [closing("2026-09-10", reach=ELSEWHERE)],
    "calendar": [WITH_A_WORKING_HOLIDAY, OF_THE_DISTRICT],
    "measure": [starting("2026-09-01"), ending("PAPER_NO_LIMIT.310106.20260901", "2026-09-20")],
}


@pytest.mark.parametrize("name", EVERY_KIND)
async def test_rows_are_those_of_the_rules_whether_cases_have_noticed_or_not(
    name: str, recorded: Recording, sessions: Sessions
) -> None:
    dice = random.Random(name)
    lookers = [
        await Looker.opened(writer(any_desk(dice), number=number), sessions)
        for number in range(1, MANY + 1)
    ]
    await recorded(*(looker.entry() for looker in lookers))
    for number, content in enumerate(EVERY_KIND[name]):
        await give(sessions, f"o-{number}", content)
        assert (await rebuild(sessions, write=False)).differences == ()
    for looker in lookers:
        await looker.look()
        if len(looker.writer.desk.events) > len(looker.writer.events):
            await recorded(looker.entry())
    assert (await rebuild(sessions, write=False)).differences == ()


async def test_lists_show_the_new_dates_at_once(recorded: Recording, sessions: Sessions) -> None:
    looker = await Looker.opened(writer(open_desk()), sessions)
    await recorded(looker.entry())

    async def notice(on: str) -> tuple[date | None, bool]:
        async with sessions() as session:
            rows = await clocks(session, looker.writer.case_no, date.fromisoformat(on))
            assert min(row.due_on for row in rows if row.due_on) == await next_due(session)
        (clock,) = (row for row in rows if row.kind == "notice")
        return clock.due_on, clock.paused

    # Received on Wednesday the 16th; Sunday the 20th is worked.
    assert await notice("2026-09-18") == (date(2026, 9, 22), False)
    await give(sessions, "o-1", closing("2026-09-18", "2026-09-21", clocks=Stopped.AUTHORITY))
    # Friday to Monday are left out, and the 25th is a holiday.
    assert await notice("2026-09-17") == (date(2026, 9, 28), False)
    assert await notice("2026-09-18") == (date(2026, 9, 28), True)
    assert await notice("2026-09-21") == (date(2026, 9, 28), False)


async def next_due(session: AsyncSession) -> date | None:
    (case,) = (await search_cases(session, CaseFilter())).rows
    return case.due_on


async def test_one_case_alone_is_suspended_and_its_like_go_on(
    recorded: Recording, sessions: Sessions
) -> None:
    lookers = [
        await Looker.opened(writer(open_desk(), number=number), sessions) for number in (1, 2)
    ]
    await recorded(*(looker.entry() for looker in lookers))
    alone = Reach(scope=Scope.CASE, key=lookers[1].writer.case_no)
    applied = await give(sessions, "o-1", closing("2026-09-17", reach=alone))
    async with sessions() as session:
        one, other = [await clocks(session, each.writer.case_no) for each in lookers]
    assert not any(clock.pauses for clock in one)
    assert applied.moved == sum(bool(clock.pauses) for clock in other) > 0
    assert (await rebuild(sessions, write=False)).differences == ()
    await give(sessions, "o-2", lifting("o-1", "2026-09-21"))
    assert (await rebuild(sessions, write=False)).differences == ()


async def test_task_moves_with_the_clock_that_it_shows(
    recorded: Recording, sessions: Sessions
) -> None:
    looker = await Looker.opened(writer(open_desk()), sessions)
    await recorded(looker.entry())

    async def due() -> list[date | None]:
        async with sessions() as session:
            return [row.due_on for row in (await tasks(session, TaskFilter())).rows]

    (before,) = await due()
    await give(sessions, "o-1", OF_THE_DISTRICT)
    (after,) = await due()
    assert before is not None
    assert after is not None
    assert load_calendar().count(before, after) == 2


async def test_what_colleagues_ask_of_each_other_moves_with_its_own_clock(
    recorded: Recording, sessions: Sessions
) -> None:
    desk, officer = open_desk(), Role.OFFICER
    desk.do(PassOn, officer, task="pre_review#1", to="ja-officer-b", reason="x")
    for number, days in enumerate((2, 9), start=1):
        desk.do(AskOpinion, officer, question="x", to=f"expert-{number}", working_days=days)
    looker = await Looker.opened(writer(desk), sessions)
    await recorded(looker.entry())

    async def due() -> dict[str, date | None]:
        async with sessions() as session:
            rows = (await tasks(session, TaskFilter())).rows
        return {row.task: row.due_on for row in rows}

    before = await due()
    assert before["confirm_passing#1"] == before["pre_review#1"]
    assert before["give_opinion#1"] == date(2026, 9, 18)
    await give(sessions, "o-1", OF_THE_DISTRICT)
    after = await due()
    assert after["confirm_passing#1"] == after["pre_review#1"] != before["pre_review#1"]
    assert after["give_opinion#1"] == before["give_opinion#1"]
    assert after["give_opinion#2"] != before["give_opinion#2"]
    assert (await rebuild(sessions, write=False)).differences == ()


async def test_same_order_again_answers_as_the_first_time(
    recorded: Recording, sessions: Sessions
) -> None:
    looker = await Looker.opened(writer(open_desk()), sessions)
    await recorded(looker.entry())
    first = await give(sessions, "o-1", closing("2026-09-17"))
    before = await contents_of(sessions)
    assert first.moved > 0
    assert await give(sessions, "o-1", closing("2026-09-17"), "2026-09-30") == first
    assert await contents_of(sessions) == before


async def test_courses_that_nobody_runs_any_more_are_cleared_away(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(open_desk())
    await recorded(case.entry())
    left = await contents_of(sessions, "courses")
    case.desk.case = replace(case.desk.case, clocks=())
    async with sessions.begin() as session:
        await session.execute(delete(Clocks))
    await give(sessions, "o-1", closing("2026-09-17", reach=ELSEWHERE))
    assert await contents_of(sessions, "courses") == left
    await give(sessions, "o-2", closing("2026-09-17"))
    assert (await contents_of(sessions, "courses"))["courses"] == []


async def test_imported_year_is_final_and_a_district_keeps_its_own_days(
    sessions: Sessions,
) -> None:
    await give(sessions, "o-1", OF_THE_DISTRICT)
    year = replace(load_calendar().year(2030), notice="通知")
    imported = await give(sessions, "o-2", ImportCalendar(year=year))
    async with sessions() as session:
        everybody, version = await read_calendar(session)
        own, newest = await read_calendar(session, "310106")
    assert version == newest == imported.version
    assert not everybody.year(2030).provisional
    assert everybody.year(2026) == YEAR
    assert own.year(2026).off == tuple(sorted({*YEAR.off, *OF_THE_DISTRICT.year.off}))
    assert own.year(2030) == everybody.year(2030)


REFUSED: dict[str, tuple[Content, str]] = {
    "SCOPE_UNKNOWN": (closing("2026-09-17", reach=Reach(scope=Scope.CASE, key="x")), "reach.key"),
    "SUSPENSION_UNKNOWN": (lifting("nothing", "2026-09-20"), "suspension"),
    "SUSPENSION_OVER": (lifting("over", "2026-09-20"), "suspension"),
    "LIFTED_BEFORE_FIRST": (lifting("open", "2026-08-31"), "lifted_on"),
    "MEASURE_UNKNOWN": (ending("nothing", "2026-09-20"), "measure"),
    "MEASURE_EXISTS": (starting("2026-10-01", items=("HJ_RES", "OTP_B")), "since"),
    "UNTIL_BEFORE_SINCE": (ending("PAPER_NO_LIMIT.310106.20260901", "2026-08-01"), "until"),
    "CALENDAR_YEAR_GAP": (
        ImportCalendar(year=replace(YEAR, year=2099, off=(), make_up=())),
        "year.year",
    ),
    "CALENDAR_YEAR_MISSING": (closing("2099-01-01"), "first_on"),
    "CALENDAR_DAY_INVALID": (importing(off=(date(2026, 9, 20),)), "year.off"),
}


@pytest.mark.parametrize("code", REFUSED)
async def test_order_that_cannot_be_is_refused_and_leaves_nothing(
    code: str, sessions: Sessions
) -> None:
    await give(sessions, "open", closing("2026-09-01"))
    await give(sessions, "over", closing("2026-09-01", "2026-09-16", reach=ELSEWHERE))
    await give(sessions, "measure", starting("2026-09-01"))
    before = await contents_of(sessions)
    content, field = REFUSED[code]
    with pytest.raises(DomainError) as refusal:
        await give(sessions, "o-1", content)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert await contents_of(sessions) == before


@pytest.mark.parametrize("key", ["", "31010", "310000", "静安区"])
async def test_place_that_is_none_is_refused(key: str, sessions: Sessions) -> None:
    with pytest.raises(DomainError, match="没有此范围"):
        await give(sessions, "o-1", closing("2026-09-17", reach=replace(DISTRICT, key=key)))
