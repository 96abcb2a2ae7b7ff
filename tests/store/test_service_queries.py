"""What API, workflows and lists ask of talent services."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.request.commands import AcceptRequest, WithdrawRequest
from casework.domain.policy import Role
from casework.domain.talent import Standing, StandingStatus, TalentClass
from casework.store.engine import Sessions
from casework.store.queries import (
    CaseFilter,
    CursorError,
    RatingsSummary,
    RequestFilter,
    TalentFilter,
    TaskFilter,
    holders_cases,
    kind_of,
    open_requests_of,
    rateable,
    rating_of,
    rating_view,
    ratings_summary,
    request_view,
    round_view,
    search_cases,
    search_requests,
    search_talents,
    standing,
    talent_by_credential,
    talent_party,
    talent_view,
    tasks,
    visitors,
)
from tests.domain.cycle.desk import EMPLOYER as FIRM
from tests.domain.desk import at
from tests.domain.request.desk import TALENT, open_desk
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.entries import APPLICANT, EMPLOYER, writer
from tests.store.served import (
    EVERY_KIND,
    Served,
    permit,
    rating,
    renewed,
    request,
    talent,
    visits,
)

pytestmark = in_clear_and_sealed


def numbered(case: Served, number: int) -> Served:
    case_no = f"{case.case_no[:-4]}{number:04}"
    case = case.told(case_no=case_no)
    return replace(case, reference=f"ref-{number}", subject=f"s-{number}")


async def test_views_show_the_case_and_what_is_its_own_and_name_nobody(
    recorded: Recording, sessions: Sessions
) -> None:
    cases = [talent(), request(), rating(), visits()]
    await recorded(*(entry for case in cases for entry in case.entries()))
    async with sessions() as session:
        served = await talent_view(session, cases[0].case_no)
        asked = await request_view(session, cases[1].case_no)
        rated = await rating_view(session, cases[2].case_no)
        visited = await round_view(session, cases[3].case_no)
        assert await talent_view(session, cases[1].case_no) is None
        assert await request_view(session, cases[0].case_no) is None
        assert await round_view(session, "500112-NONE") is None
    assert served is not None
    assert asked is not None
    assert rated is not None
    assert visited is not None
    assert (served.kind, served.stage, served.letter) == ("talent_cycle", "verifying", "B")
    assert [task.kind for task in served.tasks] == ["verify"]
    assert (asked.kind, asked.talent, asked.body) == ("request", TALENT, "municipal/education")
    assert (rated.kind, rated.grade, rated.comment) == ("rating", 2, "等得太久")
    assert [(visit.request, visit.recorded_by) for visit in visited.visits] == [
        ("r-1", ""),
        ("r-2", "yb-specialist-a"),
        ("r-3", ""),
    ]
    for view in (served, asked, rated, visited):
        assert [party.name for party in view.parties] == ["王**", "某***"]


async def test_party_in_clear_is_for_opening_another_case(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*talent().entries())
    async with sessions() as session:
        assert await talent_party(session, talent().case_no, "applicant") == APPLICANT
        assert await talent_party(session, talent().case_no, "employer") == EMPLOYER
        assert await talent_party(session, talent().case_no, "liaison") is None


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (TalentFilter(), [2, 1]),
        (TalentFilter(kind="talent_cycle"), [1]),
        (TalentFilter(kind="permit_cycle"), [2]),
        (TalentFilter(district="500112", letter="B", status="active", employer=FIRM), [1]),
        (TalentFilter(employer="91350100M000100Y43"), []),
        (TalentFilter(stage="lapsed_permit"), [2]),
        (TalentFilter(credential="T-0001"), [1]),
        (TalentFilter(ends_before=date(2027, 3, 3)), [2]),
        (TalentFilter(ends_before=date(2027, 3, 2)), []),
    ],
)
async def test_talents_are_found_by_what_is_known_of_them(
    wanted: TalentFilter, numbers: list[int], recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*talent().entries(), *permit().entries())
    async with sessions() as session:
        page = await search_talents(session, wanted)
    assert [int(row.case_no[-4:]) for row in page.rows] == numbers


async def test_pages_of_talents_and_requests_follow_on_one_another(
    recorded: Recording, sessions: Sessions
) -> None:
    people = [numbered(talent().told(credential=None), number) for number in range(1, 6)]
    needs = [numbered(request(), number) for number in range(1, 6)]
    await recorded(*(entry for case in (*people, *needs) for entry in case.entries()))
    seen: dict[str, list[str]] = {"talents": [], "requests": []}
    async with sessions() as session:
        after = ""
        for _ in range(3):
            talents = await search_talents(session, TalentFilter(), after=after, size=2)
            seen["talents"] += [row.case_no[-1] for row in talents.rows]
            after = talents.next
        assert after == ""
        for _ in range(3):
            requests = await search_requests(session, RequestFilter(), after=after, size=2)
            seen["requests"] += [row.case_no[-1] for row in requests.rows]
            after = requests.next
        assert after == ""
        with pytest.raises(CursorError):
            await search_talents(session, TalentFilter(), after="!")
    assert seen == {"talents": list("54321"), "requests": list("54321")}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RequestFilter(talent=TALENT), True),
        (RequestFilter(talent="500112-TEST-0000-0001"), False),
        (RequestFilter(body="municipal/education", stage="handling"), True),
        (RequestFilter(level="district"), False),
        (RequestFilter(letter="B", item="SVC_SCHOOL", district="500103"), True),
        (RequestFilter(holder="municipal-education-a"), True),
    ],
)
async def test_requests_are_found_by_what_is_known_of_them(
    wanted: RequestFilter, found: bool, recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*request().entries())
    async with sessions() as session:
        assert bool((await search_requests(session, wanted)).rows) == found


async def test_standing_is_that_of_the_last_event(recorded: Recording, sessions: Sessions) -> None:
    case = renewed()
    await recorded(*case.entries(), *permit().entries())
    async with sessions() as session:
        assert await standing(session, case.case_no) == Standing(
            talent=case.case_no,
            status=StandingStatus.ACTIVE,
            letter=TalentClass.B,
            version=len(case.events),
        )
        assert await standing(session, permit().case_no) is None
        assert await standing(session, "500112-NONE") is None


async def test_void_credential_is_known_as_such(recorded: Recording, sessions: Sessions) -> None:
    case = talent()
    begun: Any = case.events[0].body
    card = replace(begun.credential, void_on=date(2026, 1, 1))
    await recorded(*case.told(credential=card).entries())
    async with sessions() as session:
        found = await talent_by_credential(session, "T-0001")
        assert found is not None
        assert found.credential_void_on == date(2026, 1, 1)
        assert await talent_by_credential(session, "T-0002") is None
        assert await talent_by_credential(session, "") is None


async def test_open_requests_of_a_talent(recorded: Recording, sessions: Sessions) -> None:
    running, done = numbered(request(), 1), numbered(request(done=True), 2)
    await recorded(*running.entries(), *done.entries())
    async with sessions() as session:
        assert await open_requests_of(session, TALENT) == (running.case_no,)
        assert await open_requests_of(session, "500112-TEST-0000-0001") == ()


async def test_ratings_are_counted_by_grade_and_by_how_poor_ones_were_settled(
    recorded: Recording, sessions: Sessions
) -> None:
    given: Sequence[Served] = (
        rating(Grade.VERY_SATISFIED),
        rating(Grade.VERY_DISSATISFIED),
        rating(settled_on="2026-09-28"),
        rating(settled_on="2026-10-20"),
    )
    for number, case in enumerate(given, 1):
        await recorded(
            *numbered(case.told(rated=f"500112-SERV-0000-{number:04}"), number).entries()
        )
    whole = RatingsSummary(
        grades={
            Grade.VERY_SATISFIED: 1,
            Grade.SATISFIED: 0,
            Grade.BASICALLY_SATISFIED: 0,
            Grade.DISSATISFIED: 2,
            Grade.VERY_DISSATISFIED: 1,
        },
        struck=0,
        poor=3,
        settled=2,
        settled_in_time=1,
    )
    day = at("2026-09-24", "00:00")
    async with sessions() as session:
        assert await ratings_summary(session, "500112", day, at("2026-09-25")) == whole
        assert await ratings_summary(session, "", day, at("2026-09-25")) == whole
        before = await ratings_summary(session, "500112", at("2026-09-01"), day)
        assert sum(before.grades.values()) == before.poor == 0
        elsewhere = await ratings_summary(session, "500103", day, at("2026-09-25"))
        assert elsewhere.poor == 0
        found = await rating_of(session, "500112-SERV-0000-0003")
        assert found is not None
        assert found.settlement == "fixed"
        assert await rating_of(session, "500112-SERV-0000-0009") is None


async def test_visitors_are_who_came_to_the_platform_in_that_time(
    recorded: Recording, sessions: Sessions
) -> None:
    """B is served by the municipal platform here, E by the district's."""
    withdrawn = open_desk(TalentClass.E)
    withdrawn.do(WithdrawRequest, Role.TALENT, reason="不需要了")
    gone = replace(request(TalentClass.E), events=tuple(withdrawn.events))
    late = open_desk(TalentClass.E, day="2026-09-15")
    late.do(AcceptRequest, Role.SPECIALIST)
    for number, case in enumerate(
        (
            request(TalentClass.B),
            request(TalentClass.E),
            request(TalentClass.F, done=True),
            gone,
            replace(gone, events=tuple(late.events)),
        ),
        1,
    ):
        await recorded(*numbered(case, number).entries())
    first, last = date(2026, 9, 14), date(2026, 9, 15)
    async with sessions() as session:
        came = await visitors(session, "500103", first, last)
        assert [number[-1] for number, _ in came] == ["2", "3", "5"]
        assert {person for _, person in came} == {TALENT}
        assert [n[-1] for n, _ in await visitors(session, "500103", first, first)] == ["2", "3"]
        assert [n[-1] for n, _ in await visitors(session, "500000", first, last)] == ["1"]
        assert await visitors(session, "500112", first, last) == []
        assert await visitors(session, "500103", date(2026, 9, 16), date(2026, 12, 31)) == []


async def test_cases_in_which_an_officer_holds_an_open_task(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*talent().entries(), *visits().entries(), *request().entries())
    async with sessions() as session:
        found = (await session.execute(holders_cases("yb-specialist-a"))).all()
        assert (await session.execute(holders_cases("nobody"))).all() == []
    assert [tuple(row) for row in found] == [
        (talent().case_no, CaseKind.TALENT_CYCLE),
        (visits().case_no, CaseKind.VISITS),
    ]


async def test_matter_of_any_kind_tells_whether_it_can_be_rated(
    recorded: Recording, sessions: Sessions
) -> None:
    done, application = request(done=True), writer()
    await recorded(*done.entries(), application.entry())
    async with sessions() as session:
        finished = await rateable(session, done.case_no)
        running = await rateable(session, application.case_no)
        assert await rateable(session, "500103-NONE") is None
        assert await kind_of(session, application.case_no) == "application"
        assert await kind_of(session, "500103-NONE") is None
    assert finished is not None
    assert (finished.kind, finished.item, finished.stage) == ("request", "SVC_SCHOOL", "completed")
    assert finished.closed_at == done.case.closed_at
    assert running is not None
    assert (running.kind, running.closed_at) == ("application", None)


async def test_lists_of_cases_and_tasks_tell_the_kind(
    recorded: Recording, sessions: Sessions
) -> None:
    for name in EVERY_KIND.keys() - {"asked", "renewed"}:
        await recorded(*EVERY_KIND[name]().entries())
    await recorded(writer().entry())
    async with sessions() as session:
        everything = await search_cases(session, CaseFilter())
        assert {row.kind for row in everything.rows} == set(CaseKind)
        for kind in CaseKind:
            rows = (await search_cases(session, CaseFilter(kind=kind))).rows
            assert [row.kind for row in rows] == [kind]
        open_tasks = (await tasks(session, TaskFilter())).rows
    of_kinds = {(task.kind_of_case, task.kind) for task in open_tasks}
    assert of_kinds == {
        ("talent_cycle", "verify"),
        ("request", "handle"),
        ("rating", "contact_rater"),
        ("rating", "settle_rating"),
        ("visits", "visit"),
        ("ticket", "revisit_caller"),
        ("appointment", "receive_visitor"),
        ("parcel", "match_parcel"),
        ("walkthrough", "carry_out_remedy"),
        ("walkthrough", "verify_remedy"),
        ("application", "pre_review"),
    }
