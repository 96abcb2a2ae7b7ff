"""What was reckoned under older rules is not recorded; orders and recorders wait for each other."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from casework.domain.case.events import MessageRefused
from casework.domain.kinds.application.commands import PreReview, PreReviewOutcome
from casework.domain.orders import Reach, Scope
from casework.domain.policy import Role
from casework.messages.entry import Entry
from casework.store.engine import Sessions
from casework.store.in_force import apply_order, count_armed_late
from casework.store.queries import CaseFilter, clocks, search_cases
from casework.store.register.rebuild import rebuild
from casework.store.register.recording import Written, record
from tests.domain.desk import open_desk
from tests.store.conftest import Recording
from tests.store.contents import contents_of
from tests.store.entries import writer
from tests.store.orders import APPROVER, Looker, closing, give, order

CONCERNED = [
    Reach(scope=Scope.CITY, key="310000"),
    Reach(scope=Scope.DISTRICT, key="310106"),
    Reach(scope=Scope.OFFICE, key="310106/人才服务中心"),
]
OTHERS = [
    Reach(scope=Scope.CITY, key="150100"),
    Reach(scope=Scope.DISTRICT, key="310101"),
    Reach(scope=Scope.OFFICE, key="310106/别处"),
]


async def opened(sessions: Sessions) -> Looker:
    return await Looker.opened(writer(open_desk()), sessions)


def refuse_message(looker: Looker) -> Entry:
    looker.writer.desk.apply(MessageRefused(message="nonsense", code="UNREADABLE", reason=""))
    return looker.entry()


async def record_on(connection: AsyncConnection, entry: Entry) -> Written:
    async with AsyncSession(connection) as session, session.begin():
        return await record(session, entry)


async def until_one_waits(sessions: Sessions) -> None:
    waiting = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
    async with sessions() as session:
        while not await session.scalar(waiting):
            pass


def pass_on(looker: Looker) -> Entry:
    looker.writer.desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    return looker.entry()


@pytest.mark.parametrize("reach", CONCERNED)
async def test_entry_under_older_rules_is_refused_and_leaves_nothing(
    reach: Reach, recorded: Recording, sessions: Sessions
) -> None:
    looker = await opened(sessions)
    assert await recorded(looker.entry()) == [Written.NEW]
    await give(sessions, "o-1", closing("2026-09-17", reach=reach))
    before = await contents_of(sessions)
    assert await recorded(pass_on(looker)) == [Written.OUTDATED]
    assert await contents_of(sessions) == before


@pytest.mark.parametrize("reach", OTHERS)
async def test_order_that_concerns_others_is_no_hindrance(
    reach: Reach, recorded: Recording, sessions: Sessions
) -> None:
    looker = await opened(sessions)
    await recorded(looker.entry())
    await give(sessions, "o-1", closing("2026-09-17", reach=reach))
    assert await recorded(pass_on(looker)) == [Written.NEW]


async def test_first_entry_under_older_rules_is_refused_until_the_case_has_looked(
    recorded: Recording, sessions: Sessions
) -> None:
    looker = await opened(sessions)
    await give(sessions, "o-1", closing("2026-09-17"))
    outdated = looker.entry()
    assert await recorded(outdated) == [Written.OUTDATED]
    assert (await contents_of(sessions, "openings"))["openings"] == []
    again = await opened(sessions)
    assert await recorded(again.entry()) == [Written.NEW]
    async with sessions() as session:
        assert any(row.pauses for row in await clocks(session, again.writer.case_no))
    assert (await rebuild(sessions, write=False)).differences == ()


async def test_repeat_is_a_repeat_whatever_came_into_force_since(
    recorded: Recording, sessions: Sessions
) -> None:
    looker = await opened(sessions)
    entry = looker.entry()
    await recorded(entry)
    await give(sessions, "o-1", closing("2026-09-17"))
    assert await recorded(entry) == [Written.REPEATED]


async def test_case_that_does_not_look_is_recorded_under_the_rules_all_the_same(
    recorded: Recording, sessions: Sessions
) -> None:
    await give(sessions, "o-1", closing("2026-09-17"))
    case = writer(open_desk())
    assert await recorded(case.entry()) == [Written.NEW]
    async with sessions() as session:
        (row,) = (await search_cases(session, CaseFilter())).rows
        assert row.due_on == min(c.due_on for c in await clocks(session, case.case_no) if c.due_on)
        assert await count_armed_late(session) == 1
    assert (await rebuild(sessions, write=False)).differences == ()


async def test_recorder_waits_for_the_order_and_then_sees_it(
    register_engine: AsyncEngine, recorded: Recording, sessions: Sessions
) -> None:
    looker = await opened(sessions)
    await recorded(looker.entry())
    async with register_engine.connect() as connection:  # one, so that it knows the statement
        assert await record_on(connection, refuse_message(looker)) is Written.NEW
        async with sessions.begin() as ordering:
            await apply_order(ordering, order("o-1", closing("2026-09-17")), APPROVER, looker.now)
            recording = asyncio.create_task(record_on(connection, refuse_message(looker)))
            await until_one_waits(sessions)
        assert await recording is Written.OUTDATED


async def test_order_waits_for_the_recorder_and_then_bends_what_it_wrote(
    sessions: Sessions,
) -> None:
    looker = await opened(sessions)
    async with sessions.begin() as recording:
        assert await record(recording, looker.entry()) is Written.NEW
        ordering = asyncio.create_task(give(sessions, "o-1", closing("2026-09-17")))
        await until_one_waits(sessions)
    assert (await ordering).moved > 0
    assert (await rebuild(sessions, write=False)).differences == ()
