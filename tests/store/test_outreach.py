"""Who is on a list, on which case a person is told, and what goes from one case to another."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from casework.domain.kinds.application.commands import RecordAttempt, RequestContact
from casework.domain.policy import Role
from casework.store.engine import Sessions
from casework.store.models import Cases, Contacts, Courses, Measures, Suspensions
from casework.store.outreach import (
    ASKED,
    GONE,
    contacts_of_case,
    contacts_page,
    is_over,
    is_waiting,
    make_list,
    note_asked,
    note_round,
    outreach,
    progress,
    results,
    running_about,
    waiting,
)
from casework.store.register.rebuild import rebuild
from tests.domain.desk import at, open_desk
from tests.store.conftest import Recording
from tests.store.entries import writer
from tests.store.lists import PUDONG, T0, Town, begin, measure, suspension

PAPER = f"PAPER_NO_LIMIT.{PUDONG}.20220301"


@pytest.fixture
async def town(sessions: Sessions) -> AsyncIterator[Town]:
    async with sessions.begin() as session:
        town = Town(session)
        await town.policy()
        yield town


async def listed(town: Town, subject: Measures | Suspensions, name: str = "o") -> dict[str, str]:
    await begin(town.session, subject, name)
    await make_list(town.session, name, subject, over=False)
    return await town.list_of(name)


async def test_measure_for_paper_concerns_who_is_to_bring_paper(town: Town) -> None:
    awaiting = await town.case()
    owing = await town.case(stage="review")
    await town.owes(owing, "PAPER_NO_LIMIT")
    held = await town.case(stage="review", measure=PAPER)
    paid = await town.case(stage="review")
    await town.owes(paid, "PAPER_NO_LIMIT", "fulfilled")
    other_debt = await town.case(stage="review")
    await town.owes(other_debt, "PAPER_DEFERRED")
    await town.case(stage="review")
    await town.case(stage="archived")
    await town.case(district="310106")
    await town.case(item="PTS_NEW")
    assert set(await listed(town, measure())) == {awaiting, owing, held}


async def test_who_was_not_accepted_online_since_then_is_told_nothing(town: Town) -> None:
    online = await town.case()
    at_the_window = await town.case()
    (await town.session.get_one(Cases, at_the_window)).channel = "window"
    since = T0.date()
    assert set(await listed(town, measure(online_accepted_from=since))) == {online}
    later = since + timedelta(days=1)
    other = measure("PAPER_DEFERRED", online_accepted_from=later)
    assert set(await listed(town, other, "later")) == set()
    for_the_window = measure("NO_ARCHIVE_CALL", channels=("window",))
    assert set(await listed(town, for_the_window, "window")) == {at_the_window}


async def test_who_runs_out_before_the_measure_or_waits_since_its_end_is_told_nothing(
    town: Town,
) -> None:
    case_no = await town.case()
    course = await town.session.get_one(Courses, UUID(int=1))
    course.due_on = date(2022, 3, 31)
    announced = measure(since=date(2022, 4, 1))
    assert await listed(town, announced) == {}
    in_time = measure("PAPER_DEFERRED", since=date(2022, 3, 31))
    assert await listed(town, in_time, "in-time") == {case_no: ""}
    over = measure(id="over", since=date(2022, 1, 1), until=date(2022, 2, 28))
    assert await listed(town, over, "over") == {}


async def test_debt_under_another_window_of_the_measure_is_none_of_its_business(
    town: Town,
) -> None:
    before = await town.case(stage="review", measure="PAPER_NO_LIMIT.310115.20200210")
    await town.owes(before, "PAPER_NO_LIMIT")
    assert await listed(town, measure()) == {}


async def test_other_measure_concerns_all_open_cases_of_its_items(town: Town) -> None:
    first = await town.case(stage="review")
    second = await town.case(stage="pre_review")
    await town.case(stage="archived")
    await town.case(item="PTS_NEW")
    assert set(await listed(town, measure("NO_ARCHIVE_CALL"))) == {first, second}


@pytest.mark.parametrize(
    ("scope", "key", "expected"),
    [
        ("city", "310000", [0, 1, 2]),
        ("district", PUDONG, [0, 1]),
        ("office", f"{PUDONG}/二分中心", [1]),
        ("case", f"{PUDONG}-TEST-0000-0001", [0]),
        ("city", "150100", [3]),
    ],
)
async def test_suspension_concerns_its_scope(
    town: Town, scope: str, key: str, expected: list[int]
) -> None:
    await town.case()
    await town.case(office="二分中心")
    await town.case(district="310106")
    await town.case(district="150102")
    found = await listed(town, suspension(scope=scope, key=key))
    assert sorted(found) == sorted(town.opened[n] for n in expected)


@pytest.mark.parametrize(
    ("clocks", "expected"), [("applicant", [0]), ("authority", [1]), ("both", [0, 1])]
)
async def test_suspension_concerns_whose_clock_it_stops(
    town: Town, clocks: str, expected: list[int]
) -> None:
    for side in ("applicant", "authority", ""):
        await town.case(side=side)
    found = await listed(town, suspension(clocks=clocks))
    assert sorted(found) == [town.opened[n] for n in expected]


async def test_clock_that_began_after_the_lift_is_none_of_its_business(town: Town) -> None:
    await town.case()
    over = suspension(first_on=date(2022, 1, 1), lifted_on=T0.date())
    assert await listed(town, over) == {}


async def test_person_is_told_on_their_oldest_case(town: Town) -> None:
    oldest = await town.case("wang")
    newer = await town.case("wang")
    other = await town.case("zhou")
    assert await listed(town, measure()) == {oldest: "", newer: oldest, other: ""}


async def test_person_who_is_told_of_something_already_is_told_on_that_case(town: Town) -> None:
    oldest = await town.case("wang", stage="review")
    carrying = await town.case("wang")
    await listed(town, measure(), "first")
    assert await town.list_of("first") == {carrying: ""}
    second = await listed(town, measure("NO_ARCHIVE_CALL"), "second")
    assert second == {carrying: "", oldest: carrying}


async def test_case_that_carries_contacts_leads_even_where_it_is_not_concerned(town: Town) -> None:
    carrying = await town.case("wang")
    await listed(town, measure(), "first")
    concerned = await town.case("wang", item="PTS_NEW")
    about_points = measure("NO_ARCHIVE_CALL", items=("PTS_NEW",))
    assert await listed(town, about_points, "second") == {carrying: "", concerned: carrying}


async def test_persons_without_a_pseudonym_are_not_one_person(town: Town) -> None:
    cases = [await town.case(" "), await town.case(" ")]
    await town.session.execute(Measures.metadata.tables["openings"].update().values(subject=""))
    assert await listed(town, measure()) == dict.fromkeys(cases, "")


async def test_next_round_adds_only_who_is_new(town: Town) -> None:
    subject = measure()
    first = await town.case("wang")
    await listed(town, subject)
    await note_asked(town.session, "o", {first: ASKED}, T0)
    again = await town.case("wang")
    new = await town.case("zhou")
    assert await make_list(town.session, "o", subject, over=False) == 2
    assert await town.list_of("o") == {first: "", again: first, new: ""}
    assert [each.case_no for each in await waiting(town.session, "o", 10)] == [again, new]
    assert await make_list(town.session, "o", subject, over=False) == 0


async def test_once_over_nobody_is_added(town: Town) -> None:
    subject = measure(until=date(2022, 5, 31))
    await begin(town.session, subject)
    await town.case()
    assert await make_list(town.session, "o", subject, over=True) == 0


async def test_contact_moves_when_the_leading_case_has_ended(town: Town) -> None:
    subject = measure()
    leading, second, third = [await town.case("wang") for _ in range(3)]
    await listed(town, subject)
    await note_asked(town.session, "o", dict.fromkeys(town.opened, ASKED), T0)
    await town.close(leading)
    await town.told("o", leading, "closed")
    assert await make_list(town.session, "o", subject, over=True) == 2
    assert await town.list_of("o") == {leading: "", second: "", third: second}
    moved = {each.case_no: each.through for each in await waiting(town.session, "o", 10)}
    assert moved == {second: "", third: second}


@pytest.mark.parametrize("told", [{"state": "filed", "filed_at": T0}, {"state": "closed"}])
async def test_contact_that_has_come_to_its_end_does_not_move(
    town: Town, told: dict[str, object]
) -> None:
    subject = measure()
    leading, other = await town.case("wang"), await town.case("wang")
    await listed(town, subject)
    await town.told("o", leading, escalated_at=T0, **told)  # type: ignore[arg-type]
    await town.close(leading)
    assert await make_list(town.session, "o", subject, over=True) == 0
    assert await town.list_of("o") == {leading: "", other: leading}


async def test_case_without_a_workflow_leads_nobody(town: Town) -> None:
    subject = measure()
    gone, other = await town.case("wang"), await town.case("wang")
    await listed(town, subject)
    await note_asked(town.session, "o", {gone: GONE, other: ASKED}, T0)
    await make_list(town.session, "o", subject, over=False)
    assert await town.list_of("o") == {gone: "", other: ""}


async def test_two_lists_made_at_once_tell_a_person_on_one_case(sessions: Sessions) -> None:
    first, second = measure(), measure("NO_ARCHIVE_CALL", items=("PTS_NEW",))
    async with sessions.begin() as session:
        town = Town(session)
        await town.policy()
        await town.case("wang")
        await town.case("wang", item="PTS_NEW")
        await begin(session, first, "first")
        await begin(session, second, "second")

    async def make(name: str, subject: Measures) -> None:
        async with sessions.begin() as session:
            await make_list(session, name, subject, over=False)

    await asyncio.gather(make("first", first), make("second", second))
    async with sessions() as session:
        town = Town(session)
        leading = {
            case_no
            for name in ("first", "second")
            for case_no, through in (await town.list_of(name)).items()
            if not through
        }
    assert len(leading) == 1


async def test_case_takes_over_what_is_new_on_the_leading_one(town: Town) -> None:
    subject = measure()
    leading, other = await town.case("wang"), await town.case("wang")
    await listed(town, subject)
    await note_asked(town.session, "o", dict.fromkeys(town.opened, ASKED), T0)
    await town.told("o", leading)
    await town.told("o", other)
    assert await results(town.session, "o", after="", limit=10) == ()
    assert await is_waiting(town.session, "o")
    await town.told("o", leading, "reached", reached_at=T0)
    (news,) = await results(town.session, "o", after="", limit=10)
    assert (news.case_no, news.reached_at, news.closed) == (other, T0, False)
    assert await results(town.session, "o", after=other, limit=10) == ()
    await town.told("o", other, "reached", reached_at=T0)
    assert await results(town.session, "o", after="", limit=10) == ()
    await town.told("o", leading, "closed", escalated_at=T0)
    (news,) = await results(town.session, "o", after="", limit=10)
    assert news.closed
    await town.told("o", other, "closed", reached_at=T0)
    assert not await is_waiting(town.session, "o")


async def test_progress_counts_persons_and_pages_list_them(town: Town) -> None:
    await listed(town, measure())
    for number in range(5):
        case_no = await town.case("same" if number > 3 else "")
        await make_list(town.session, "o", measure(), over=False)
        times = {"reached_at": T0} if number % 2 else {}
        await town.told("o", case_no, "reached" if times else "listed", **times)
    counts = await progress(town.session, "o")
    assert (counts.listed, counts.reached, counts.filed, counts.shared) == (5, 2, 0, 0)
    assert (await progress(town.session, "o", "310106")).listed == 0
    page = await contacts_page(town.session, "o", state="listed", size=2)
    rest = await contacts_page(town.session, "o", state="listed", size=2, after=page.next)
    assert [row.case_no for row in (*page.rows, *rest.rows)] == town.opened[::2]
    assert rest.next == ""


async def test_outreach_tells_its_rounds_and_its_end(town: Town) -> None:
    subject = measure()
    await begin(town.session, subject)
    found = await running_about(town.session, subject.id)
    assert found is not None
    assert (found.id, found.last_round_at) == ("o", None)
    later = T0 + timedelta(days=1)
    await note_round(town.session, "o", later, ended=True)
    assert await running_about(town.session, subject.id) is None
    found = await outreach(town.session, "o")
    assert found is not None
    assert (found.last_round_at, found.ended_at) == (later, later)
    assert await outreach(town.session, "unknown") is None


def test_last_day_of_a_measure_is_still_in_force() -> None:
    assert not is_over(measure(until=date(2022, 5, 31)), date(2022, 5, 31))
    assert is_over(measure(until=date(2022, 5, 31)), date(2022, 6, 1))
    assert not is_over(measure(since=date(2022, 7, 1)), date(2022, 6, 1)), "announced"
    assert not is_over(suspension(), date(2032, 6, 1))


async def test_contact_is_written_with_its_events_and_rebuilt_from_them(
    recorded: Recording, sessions: Sessions
) -> None:
    desk = open_desk(day="2026-09-16")
    desk.do(RequestContact, Role.SYSTEM, outreach="o", about="窗口交件不限时")
    desk.wait_until(at("2026-09-17"))
    desk.do(RecordAttempt, Role.OFFICER, outreach="o", reached=True)
    case = writer(desk)
    await recorded(*case.rest(itertools.repeat(1)))
    async with sessions() as session:
        (row,) = await contacts_of_case(session, case.case_no)
        counts = await progress(session, "o")
    assert (row.state, row.attempts, row.reached_at) == ("reached", 1, at("2026-09-17"))
    assert (row.district, row.about) == ("310106", "窗口交件不限时")
    assert (counts.listed, counts.reached, counts.filed) == (1, 1, 0)
    async with sessions.begin() as session:
        await session.execute(update(Contacts).values(state="filed"))
    report = await rebuild(sessions)
    assert [each.tables for each in report.differences] == [("contacts",)]
    assert (await rebuild(sessions)).differences == ()
