"""What a case is told when it looks, and what the register says is in force."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event

from casework.domain.orders import Reach, Scope
from casework.domain.time.clock import Stopped
from casework.messages.cases import InForceQuestion
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.in_force import (
    MeasureRow,
    Seeded,
    find_suspension,
    list_measures,
    list_suspensions,
    read_calendar,
    read_in_force,
    seed,
)
from casework.store.register.absences import record_absence
from tests.store.emptied import measures
from tests.store.orders import APPROVER, DISTRICT, closing, ending, give, lifting, starting
from tests.store.test_absences import absence
from tests.store.test_orders_applied import OF_THE_DISTRICT, WITH_A_WORKING_HOLIDAY

QUESTION = InForceQuestion(
    case_no="310106-TEST-0000-0001",
    district="310106",
    office="人才服务中心",
    item="HJ_RES",
    received_on=date(2026, 9, 16),
    calendar_version=0,
)
CITY = Reach(scope=Scope.CITY, key="310000")
MEASURE = "PAPER_NO_LIMIT.310106.20260901"


async def test_case_is_told_what_bears_on_it_and_nothing_else(sessions: Sessions) -> None:
    await give(sessions, "later", closing("2026-10-10"))
    await give(sessions, "city", closing("2026-09-01", reach=CITY, channels=("window",)))
    other = Reach(scope=Scope.DISTRICT, key="310101")
    await give(sessions, "other", closing("2026-09-01", reach=other))
    await give(sessions, "over", closing("2026-09-01", "2026-09-15"), "2026-09-01")
    last = await give(sessions, "to-the-day", closing("2026-09-02", "2026-09-16"), "2026-09-02")
    async with sessions() as session:
        known = await read_in_force(session, QUESTION)
    assert [stop.id for stop in known.suspensions] == ["city", "to-the-day", "later"]
    assert (known.version, known.calendar_version, known.calendar) == (last.version, 0, None)
    stop = known.suspensions[0]
    assert (stop.clocks, stop.channels, stop.by) == (Stopped.BOTH, ("window",), APPROVER.code)
    assert (stop.reason, stop.basis) == ("封控", "通告第 1 号")


async def test_a_look_is_one_statement(sessions: Sessions) -> None:
    await give(sessions, "closed", closing("2026-09-01"))
    asked: list[str] = []
    async with sessions() as session:
        connection = (await session.connection()).sync_connection
        event.listen(connection, "before_cursor_execute", lambda *each: asked.append(each[2]))
        known = await read_in_force(session, replace(QUESTION, on=date(2026, 9, 16)))
    assert [stop.id for stop in known.suspensions] == ["closed"]
    assert len(asked) == 1, "a case looks before most of what people do"


async def test_case_is_told_all_measures_for_its_item_whenever_they_hold(
    sessions: Sessions,
) -> None:
    await give(sessions, "o-1", starting("2026-09-01"))
    await give(sessions, "o-2", ending(MEASURE, "2026-09-20"))
    async with sessions() as session:
        known = await read_in_force(session, QUESTION)
        nothing = await read_in_force(session, replace(QUESTION, item="RET_APP"))
    ids = [measure.id for measure in known.measures]
    assert ids == sorted(ids)
    (started,) = (measure for measure in known.measures if measure.id == MEASURE)
    assert (started.until, started.name) == (date(2026, 9, 20), "书面材料递交不限期")
    assert len(ids) > 1
    assert nothing.measures == ()


async def test_calendar_is_told_only_to_whom_it_is_new(sessions: Sessions) -> None:
    imported = await give(sessions, "o-1", WITH_A_WORKING_HOLIDAY)
    async with sessions() as session:
        known = await read_in_force(session, QUESTION)
        again = replace(QUESTION, calendar_version=imported.version)
        assert (await read_in_force(session, again)).calendar is None
    assert known.calendar is not None
    assert known.calendar_version == imported.version
    assert [year.year for year in known.calendar.years] == list(range(2025, 2033))
    assert known.calendar.year(2026) == WITH_A_WORKING_HOLIDAY.year


async def test_calendar_is_told_as_far_as_it_is_needed_and_there_is_one(
    sessions: Sessions,
) -> None:
    async def years(until: int, needed: int) -> list[int]:
        question = replace(QUESTION, calendar_until=until, needed_until=needed)
        async with sessions() as session:
            calendar = (await read_in_force(session, question)).calendar
        return [year.year for year in calendar.years] if calendar else []

    last = load_calendar().years[-1].year
    assert await years(2030, 2030) == []
    assert (await years(2030, 2034))[-1] == 2034
    assert (await years(2030, last + 5))[-1] == last
    assert await years(last, last + 5) == [], "told once: there is no more to tell"


async def test_who_is_absent_is_told_only_to_whom_it_matters(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await record_absence(session, absence())
        await record_absence(session, absence("a-2", officer="bj-officer-a"))
        assert (await read_in_force(session, QUESTION)).absent == ()
        asked = replace(QUESTION, on=date(2026, 9, 14))
        assert (await read_in_force(session, asked)).absent == ("bj-officer-a", "yb-specialist-a")
        later = replace(QUESTION, on=date(2026, 9, 21))
        assert (await read_in_force(session, later)).absent == ()


async def test_lists_show_what_bears_on_a_district_on_a_day(sessions: Sessions) -> None:
    await give(sessions, "city", closing("2026-09-01", reach=CITY))
    await give(sessions, "district", closing("2026-09-10"))
    await give(sessions, "lift", lifting("district", "2026-09-20"))
    office = Reach(scope=Scope.OFFICE, key="310106/别处")
    await give(sessions, "office", closing("2026-09-12", reach=office))

    async def listed(district: str | None, on: date | None) -> list[str]:
        async with sessions() as session:
            return [each.id for each in await list_suspensions(session, district, on)]

    assert await listed(None, None) == ["city", "district", "office"]
    assert await listed("310106", date(2026, 9, 20)) == ["city", "district", "office"]
    assert await listed("310106", date(2026, 9, 21)) == ["city", "office"]
    assert await listed("310101", None) == ["city"]
    async with sessions() as session:
        found = await find_suspension(session, "district")
        assert await find_suspension(session, "nothing") is None
        in_force = await list_measures(session, "310106", date(2022, 6, 1))
    assert found is not None
    assert (found.reach, found.lifted_on) == (DISTRICT, date(2026, 9, 20))
    assert {each.district for each in in_force} == {"310106"}
    assert all(each.origin == "catalogue" for each in in_force)


async def seeded(sessions: Sessions, *rows: MeasureRow) -> Seeded:
    async with sessions.begin() as session:
        return await seed(session, load_calendar(), rows)


async def test_seeding_again_finds_nothing_to_say(sessions: Sessions) -> None:
    assert await seeded(sessions, *measures()) == Seeded()
    async with sessions() as session:
        calendar, version = await read_calendar(session)
    assert (calendar, version) == (load_calendar(), 0)


async def test_files_that_say_otherwise_are_told_and_not_obeyed(sessions: Sessions) -> None:
    gone, changed, *same = measures()
    new = replace(changed, id="NEW.310106.20270101", until=None)
    changed = replace(changed, until=date(2030, 1, 1))
    expected = Seeded(measures=(changed, new), gone=(gone.id,))
    assert await seeded(sessions, changed, new, *same) == expected
    assert await seeded(sessions, changed, new, *same) == expected


async def test_what_an_order_has_set_is_not_compared_with_the_files(sessions: Sessions) -> None:
    row = next(row for row in measures() if row.until is None)
    await give(sessions, "o-1", ending(row.id, "2026-12-31"))
    await give(sessions, "o-2", OF_THE_DISTRICT)
    await give(sessions, "o-3", WITH_A_WORKING_HOLIDAY)
    assert await seeded(sessions, *measures()) == Seeded()


@pytest.mark.parametrize("district", ["", "CN", "310106"])
async def test_everybody_has_the_calendar(district: str, sessions: Sessions) -> None:
    async with sessions() as session:
        assert (await read_calendar(session, district))[0] == load_calendar()
