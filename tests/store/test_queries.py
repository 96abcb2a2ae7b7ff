from datetime import date
from random import Random
from uuid import UUID

import pytest

from casework.domain.case.kind import ASKED_OPINION
from casework.domain.kinds.application.state import ApplicationStage
from casework.store.engine import Sessions
from casework.store.models import Clocks, Courses
from casework.store.queries import (
    CaseFilter,
    CaseSort,
    CursorError,
    TaskFilter,
    TaskView,
    case_view,
    clocks,
    find_by_reference,
    search_cases,
    state,
    tasks,
    timeline,
)
from tests.domain.desk import at, open_desk
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.desks import archived, breached
from tests.store.entries import writer
from tests.store.lists import Town

pytestmark = in_clear_and_sealed


async def test_view_of_a_case_shows_it_whole_and_names_nobody(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(breached())
    await recorded(case.entry())
    async with sessions() as session:
        view = await case_view(session, case.case_no)
    assert view is not None
    assert (view.stage, view.source) == (ApplicationStage.REVIEW, "backend")
    assert view.open_debts == 1
    assert [debt.material for debt in view.debts] == ["sealed_copies"]
    assert {task.kind for task in view.tasks} == {"review", "decide_breach"}
    assert {card.rung for card in view.cards} == {"blue", "yellow"}
    assert len(view.materials) == 4
    applicant, employer = view.parties
    assert (applicant.name, applicant.email) == ("王**", "w***@mail.example")
    assert (applicant.id_number, applicant.phone) == ("110***********002X", "138****1234")
    assert (employer.email, employer.phone) == ("", "")


async def test_timeline_clocks_and_state_are_those_of_the_case(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(archived())
    await recorded(case.entry())
    async with sessions() as session:
        events = await timeline(session, case.case_no)
        assert [event.kind for event in events] == case.desk.kinds()
        assert await state(session, case.case_no) == case.case
        assert {clock.clock for clock in await clocks(session, case.case_no)} == {
            clock.id for clock in case.desk.case.clocks
        }


async def test_unknown_case_is_nowhere(sessions: Sessions) -> None:
    async with sessions() as session:
        assert await case_view(session, "310106-NONE") is None
        assert await state(session, "310106-NONE") is None
        assert await timeline(session, "310106-NONE") == ()
        assert (
            await find_by_reference(session, district="310106", source="x", reference="x") is None
        )


async def test_reference_finds_its_case(recorded: Recording, sessions: Sessions) -> None:
    case = writer()
    await recorded(case.entry())
    async with sessions() as session:
        found = await find_by_reference(
            session, district="310106", source="backend", reference=case.opening.reference
        )
    assert found is not None
    assert (found.case_no, found.content) == (case.case_no, "digest")


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (CaseFilter(), [3, 2, 1]),
        (CaseFilter(district="310106"), [3, 2, 1]),
        (CaseFilter(district="310101"), []),
        (CaseFilter(item="PTS_NEW", stage="archived"), [1]),
        (CaseFilter(card="yellow"), [2]),
        (CaseFilter(card="none"), [3, 1]),
        (CaseFilter(holder="ja-officer-a"), [3]),
        (CaseFilter(open_debts=True), [2]),
        (CaseFilter(open_debts=False), [3, 1]),
        (CaseFilter(green=True), []),
        (CaseFilter(green=False), [3, 2, 1]),
        (CaseFilter(reference="ref-310106-TEST-0000-0002"), [2]),
        (CaseFilter(number="310106-TEST-0000-0003"), [3]),
        (CaseFilter(number="310106-TEST"), [3, 2, 1]),
        (CaseFilter(number="310106-TESTS"), []),
        (CaseFilter(due_before=at("2026-09-20").date()), []),
        (CaseFilter(received_from=at("2026-09-17")), [3]),
        (CaseFilter(received_before=at("2026-09-17")), [2, 1]),
    ],
)
async def test_search_finds_what_is_asked_for(
    wanted: CaseFilter, numbers: list[int], recorded: Recording, sessions: Sessions
) -> None:
    await recorded(
        writer(archived(), number=1).entry(),
        writer(breached(), number=2).entry(),
        writer(open_desk(day="2026-09-18"), number=3).entry(),
    )
    async with sessions() as session:
        page = await search_cases(session, wanted)
    assert [int(row.case_no[-4:]) for row in page.rows] == numbers
    assert page.next == ""


async def test_pages_of_cases_stay_while_new_ones_arrive(
    recorded: Recording, sessions: Sessions
) -> None:
    desk = open_desk()
    await recorded(*(writer(desk, number=number).entry() for number in range(1, 8)))
    seen, cursor = [], ""
    for newcomer in (20, 21, 22):
        async with sessions() as session:
            page = await search_cases(session, CaseFilter(), after=cursor, size=3)
        seen += [int(row.case_no[-4:]) for row in page.rows]
        cursor = page.next
        await recorded(writer(desk, number=newcomer).entry())
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert cursor == ""


@pytest.mark.parametrize("seed", range(3))
async def test_a_sort_by_due_date_leaves_no_case_out(seed: int, sessions: Sessions) -> None:
    dice, due = Random(seed), {}
    async with sessions.begin() as session:
        town = Town(session)
        await town.policy()
        for number in range(1, 11):
            stage = dice.choice(("archived", "review", "review", "review"))
            case_no = await town.case(stage=stage)
            course = await session.get_one(Courses, UUID(int=number))
            course.due_on = dice.choice((None, date(2026, 3, 2), date(2026, 3, 3)))
            course.ended_on = dice.choice((None, None, None, date(2026, 3, 1)))
            clock = await session.get_one(Clocks, (case_no, "paper"))
            clock.kind = dice.choice(("paper", "paper", "paper", ASKED_OPINION))
            runs = stage != "archived" and course.ended_on is None and clock.kind == "paper"
            due[case_no] = course.due_on if runs else None
    limited = sorted((day, case_no) for case_no, day in due.items() if day)
    others = [case_no for case_no in reversed(town.opened) if due[case_no] is None]
    wanted = [case_no for _, case_no in limited] + others
    assert limited
    assert others
    async with sessions() as session:
        for size in range(1, len(due) + 2):
            seen, cursor = [], ""
            while True:
                page = await search_cases(
                    session, CaseFilter(), sort=CaseSort.DUE, after=cursor, size=size
                )
                seen += [row.case_no for row in page.rows]
                assert len(page.rows) == size or not page.next
                if not (cursor := page.next):
                    break
            assert seen == wanted, size


async def test_pages_of_tasks_go_by_due_date_and_end_with_those_without_one(
    recorded: Recording, sessions: Sessions
) -> None:
    days = ("2026-09-16", "2026-09-14", "2026-09-18")
    for number, day in enumerate(days, 1):
        await recorded(writer(open_desk(day=day), number=number).entry())
    await recorded(writer(breached(), number=4).entry())
    wanted = TaskFilter(district="310106")
    async with sessions() as session:
        whole = await tasks(session, wanted)
        cursor = ""
        pieces: list[TaskView] = []
        while True:
            page = await tasks(session, wanted, after=cursor, size=2)
            pieces += page.rows
            if not (cursor := page.next):
                break
    assert tuple(pieces) == whole.rows
    assert [int(row.case_no[-4:]) for row in whole.rows] == [2, 1, 3, 4, 4]
    assert whole.rows[-1].due_on is None


async def test_officer_sees_what_he_holds_and_what_he_stands_in_for(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(writer(open_desk(), number=1).entry(), writer(breached(), number=2).entry())
    async with sessions() as session:
        own = await tasks(session, TaskFilter(officer="ja-officer-a"))
        stood_in = await tasks(session, TaskFilter(officer="ja-officer-b"))
        assert [row.kind for row in own.rows] == ["pre_review"]
        assert stood_in == own
        assert (await tasks(session, TaskFilter(holder="ja-officer-b"))).rows == ()
        assert (await tasks(session, TaskFilter(backup="ja-officer-b"))) == own
        by_role = await tasks(session, TaskFilter(role="reviewer", kind="review"))
        assert [row.case_no[-1] for row in by_role.rows] == ["2"]
        assert (own.rows[0].stage, own.rows[0].item) == ("pre_review", "PTS_NEW")


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "WyIyMDI2Il0"])
async def test_cursor_of_somebody_else_is_refused(cursor: str, sessions: Sessions) -> None:
    async with sessions() as session:
        with pytest.raises(CursorError):
            await search_cases(session, CaseFilter(), after=cursor)
        with pytest.raises(CursorError):
            await tasks(session, TaskFilter(), after=cursor)


async def test_page_is_never_larger_than_the_server_allows(
    recorded: Recording, sessions: Sessions
) -> None:
    desk = open_desk()
    await recorded(writer(desk, number=1).entry(), writer(desk, number=2).entry())
    async with sessions() as session:
        assert len((await search_cases(session, CaseFilter(), size=-5)).rows) == 1
