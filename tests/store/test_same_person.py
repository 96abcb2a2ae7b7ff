"""The register knows whose cases are one person's, and tells their numbers only."""

import asyncio
import random
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.register import RegisterActivities
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import PreReview, PreReviewOutcome, Withdraw
from casework.domain.kinds.application.same_person import found
from casework.domain.kinds.application.state import ApplicationStage, OtherCase
from casework.domain.kinds.cycle.commands import RecordLeft
from casework.domain.policy import Role
from casework.messages.cases import GiveWay, SamePersonQuestion
from casework.store.engine import Sessions
from casework.store.register.parties import OTHERS, give_way, other_cycle, others_of
from casework.store.register.recording import CycleExistsError, Written, record
from tests.domain.cycle.desk import TALENT, open_cycle
from tests.domain.desk import open_desk
from tests.store.conftest import Recording
from tests.store.crowd import gather_crowd
from tests.store.emptied import empty
from tests.store.entries import Writer, writer
from tests.store.served import Served, permit, talent
from tests.store.test_plans import plan_of, read

HUANGPU = "310101"
ITEM = ("PTS_NEW",)


def application(
    number: int, *, district: str = "310106", subject: str = "s-1", item: str = "PTS_NEW"
) -> Writer:
    desk = open_desk(item, district=district)
    written = writer(desk, number=number, subject=subject)
    case_no = f"{district}-TEST-0000-{number:04}"
    opening = replace(written.opening, reference=f"ref-{case_no}")
    return Writer(desk, case_no, opening)


async def others(sessions: Sessions, case: Writer) -> list[str]:
    async with sessions() as session:
        return [other.case_no for other in await others_of(session, case.case_no, ITEM)]


async def test_open_cases_of_the_same_person_and_item_are_told_from_every_district(
    recorded: Recording, sessions: Sessions
) -> None:
    own, there = application(1), application(2, district=HUANGPU)
    strangers = [application(3, subject="s-2"), application(4, item="PTS_REN")]
    await recorded(own.entry(1), there.entry(1), *(case.entry(1) for case in strangers))
    async with sessions() as session:
        assert await others_of(session, own.case_no, ITEM) == (
            OtherCase(case_no=there.case_no, district=HUANGPU, stage=ApplicationStage.PRE_REVIEW),
        )
    assert await others(sessions, there) == [own.case_no]
    assert await others(sessions, strangers[0]) == []


async def test_a_closed_case_and_one_without_a_person_are_nobodys_double(
    recorded: Recording, sessions: Sessions
) -> None:
    own, there = application(1), application(2, district=HUANGPU)
    await recorded(own.entry(1), there.entry(1))
    own.desk.do(Withdraw, Role.APPLICANT, reason="另有安排")
    await recorded(own.entry())
    assert await others(sessions, there) == []
    nameless = [application(number, subject="") for number in (3, 4)]
    await recorded(*(case.entry(1) for case in nameless))
    assert await others(sessions, nameless[0]) == []


async def test_a_case_that_is_not_recorded_yet_finds_nothing(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(application(1).entry(1))
    assert await others(sessions, application(2)) == []


async def test_of_two_recorded_at_once_the_later_finds_the_other(sessions: Sessions) -> None:
    """Each looks after it was written, as the workflow does."""

    async def opened(case: Writer) -> list[str]:
        async with sessions.begin() as session:
            await record(session, case.entry(1))
        return await others(sessions, case)

    one, two = application(1), application(2, district=HUANGPU)
    seen = await asyncio.gather(opened(one), opened(two))
    assert [two.case_no] in seen or [one.case_no] in seen


@pytest.mark.parametrize("seed", range(4))
async def test_in_any_order_a_case_that_is_acted_on_knows_every_other_open_one(
    seed: int, recorded: Recording, sessions: Sessions
) -> None:
    """Opened, withdrawn, given way and acted on at random: the model is the set of the open."""
    dice = random.Random(seed)
    still_open: dict[str, Writer] = {}

    async def look(case: Writer) -> set[str]:
        async with sessions() as session:
            seen = await others_of(session, case.case_no, ITEM)
        for body in found(case.desk.case, seen):
            case.desk.apply(body)
            await recorded(case.entry())
        assert {other.case_no for other in case.desk.case.undecided} == still_open.keys() - {
            case.case_no
        }
        with suppress(DomainError):
            case.desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
            await recorded(case.entry())
            assert still_open.keys() <= {case.case_no}
        return {other.case_no for other in case.desk.case.others}

    for number in range(1, 31):
        case = dice.choice([None, *still_open.values()])
        if case is None:
            case = application(number)
            await recorded(case.entry(1))
            still_open[case.case_no] = case
            await look(case)
        elif dice.random() < 0.4:
            case.desk.do(Withdraw, Role.APPLICANT, reason="另有安排")
            del still_open[case.case_no]
            await recorded(case.entry())
        elif (known := await look(case)) and dice.random() < 0.3:
            async with sessions.begin() as session:
                assert await give_way(session, case.case_no, min(known), ITEM)
            del still_open[case.case_no]


async def test_of_two_that_give_way_to_each_other_one_does(
    recorded: Recording, sessions: Sessions
) -> None:
    one, two = application(1), application(2, district=HUANGPU)
    await recorded(one.entry(1), two.entry(1))
    register, environment = RegisterActivities(sessions), ActivityEnvironment()

    async def way(case: Writer, other: str) -> bool:
        asked = GiveWay(case_no=case.case_no, other=other, items=ITEM)
        return await environment.run(register.give_way, asked)

    gave = await asyncio.gather(way(one, two.case_no), way(two, one.case_no))
    assert sorted(gave) == [False, True]
    loser, winner = (one, two) if gave[0] else (two, one)
    assert await way(loser, winner.case_no), "a repeat is the same"
    question = SamePersonQuestion(case_no=winner.case_no, items=ITEM)
    assert (await environment.run(register.same_person, question)).others == ()
    assert not await way(loser, "")
    assert await others(sessions, winner) == [loser.case_no]


async def test_the_search_reads_a_handful_of_rows_among_many(register_engine: AsyncEngine) -> None:
    await empty(register_engine)
    async with register_engine.connect() as connection:
        await gather_crowd(connection, 20_000)
        # Ten cases of one person, two of them open.
        await connection.execute(
            text(
                "UPDATE openings SET subject = 'p' WHERE reference IN (SELECT 'ref-' || n"
                " FROM generate_series(4000, 4036, 4) AS n)"
            )
        )
        await connection.execute(text("ANALYZE openings"))
        number = await connection.scalar(
            text("SELECT case_no FROM openings WHERE reference = 'ref-4000'")
        )
        nodes = await plan_of(connection, OTHERS.params(case_no=number, items=sorted(ITEM)))
        await connection.rollback()
    assert nodes[0]["Actual Rows"] == 1
    assert all(node["Node Type"] != "Seq Scan" for node in nodes)
    assert read(nodes) <= 50


# --- one cycle in a city -----------------------------------------------------------------


def elsewhere(case: Served, number: int, district: str) -> Served:
    moved = case.told(case_no=f"{district}-TEST-0000-{number:04}", district=district)
    return replace(moved.told(credential=None), reference=f"ref-{number}")


def left() -> Served:
    desk = open_cycle(TALENT, "2025-03-17")
    desk.do(RecordLeft, Role.SPECIALIST, left_on=desk.now.date(), reason="离渝")
    return Served(
        kind=talent().kind, events=tuple(desk.events), item=desk.policy, calendar=desk.calendar
    )


async def test_a_second_cycle_of_a_talent_in_the_city_is_refused(recorded: Recording) -> None:
    first = talent()
    await recorded(*first.entries())
    (second,) = elsewhere(first, 7, "500103").entries()
    with pytest.raises(CycleExistsError) as refused:
        await recorded(second)
    told = str(refused.value)
    assert first.case_no in told
    assert "500112" in told
    assert "核实中" in told
    assert "s-1" not in told
    assert await recorded(*first.entries()) == [Written.REPEATED]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(elsewhere(talent(), 7, "510104"), id="another city"),
        pytest.param(replace(elsewhere(talent(), 7, "500103"), subject="s-2"), id="another person"),
        pytest.param(replace(elsewhere(talent(), 7, "500103"), subject=""), id="nobody known"),
        pytest.param(permit(), id="another kind"),
    ],
)
async def test_a_cycle_is_opened_beside(second: Served, recorded: Recording) -> None:
    await recorded(*talent().entries())
    assert await recorded(*second.entries()) == [Written.NEW]


async def test_once_the_first_has_ended_another_begins(recorded: Recording) -> None:
    await recorded(*left().entries())
    assert await recorded(*elsewhere(talent(), 7, "500103").entries()) == [Written.NEW]


async def test_an_expired_permit_keeps_no_new_one_out(recorded: Recording) -> None:
    expired = permit()
    assert expired.case.stage == "lapsed_permit"
    await recorded(*expired.entries())
    fresh = replace(expired, events=expired.events[:1])
    again = elsewhere(fresh, 7, "500103")
    assert await recorded(*again.entries()) == [Written.NEW]
    with pytest.raises(CycleExistsError):
        await recorded(*elsewhere(fresh, 8, "500103").entries())


async def test_two_writers_at_once_open_one_cycle(sessions: Sessions) -> None:
    register, environment = RegisterActivities(sessions), ActivityEnvironment()
    entries = [elsewhere(talent(), number, "500103").entries()[0] for number in range(1, 9)]
    answers = await asyncio.gather(
        *(environment.run(register.record, entry) for entry in entries), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, ApplicationError)]
    assert len(refused) == len(entries) - 1, answers
    assert {failure.type for failure in refused} == {"CYCLE_EXISTS"}
    assert all(failure.non_retryable for failure in refused)


async def test_where_a_case_is_now_counts_not_where_it_was_opened(
    recorded: Recording, sessions: Sessions
) -> None:
    first = talent()
    await recorded(*first.entries())
    async with sessions.begin() as session:
        await session.execute(text("UPDATE cases SET district = '510104'"))
        asked = {"kind": first.kind, "subject": "s-1", "case_no": "other"}
        assert await other_cycle(session, district="500103", **asked) is None
        found = await other_cycle(session, district="510105", **asked)
    assert found is not None
    assert found.case_no == first.case_no
