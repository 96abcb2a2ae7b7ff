"""Sharing out in the register: many choose at once, and nobody gets too much, or nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.domain.case.state import Post, Workplace
from casework.domain.policy import Role
from casework.domain.sharing import NEW_CASE, Bar, SharingRule, Way
from casework.messages.sharing import ClaimQuestion, ShareAnswer, ShareQuestion
from casework.store.engine import Sessions, create_engine
from casework.store.engine import sessions as open_sessions
from casework.store.models import Relations, Shares, StaffPosts, Tasks
from casework.store.register import shares
from casework.store.register.absences import record_absence
from tests.examples import is_night
from tests.store.conftest import Recording
from tests.store.desks import archived
from tests.store.entries import writer
from tests.store.test_absences import absence

CASES = 1000 if is_night() else 100
CROWD = 8
ON = date(2026, 9, 16)
PEOPLE = [f"ja-{number}" for number in range(7)]
TURN = SharingRule(way=Way.IN_TURN)
LEAST = SharingRule(way=Way.LEAST_LOADED)


def post(person: str, role: Role = Role.OFFICER, **said: object) -> dict[str, object]:
    row = {"rank": 1, "share": 100, "team": "", "skills": (), "items": (), "stands_in_for": ""}
    return {
        "id": f"{person}-{role}",
        "person": person,
        "role": role.value,
        "city": "310000",
        "district": "310106",
        "since": date(2026, 1, 1),
        "until": None,
        "origin": "t",
        "version": 1,
        **row,
        **said,
    }


async def staffed(sessions: Sessions, posts: Sequence[dict[str, object]] = ()) -> None:
    async with sessions.begin() as session:
        rows = posts or [post(person) for person in PEOPLE]
        await session.execute(insert(StaffPosts), rows)


def question(number: int = 1, rule: SharingRule = TURN, **said: object) -> ShareQuestion:
    asked = ShareQuestion(
        case_no=f"310106-{number:04}",
        seq=1,
        district="310106",
        office="",
        item="PTS_NEW",
        roles=(Role.OFFICER,),
        rules={Role.OFFICER: rule},
        posts={Role.OFFICER: Post(holder="ja-o1", backup="ja-o2")},
        on=ON,
    )
    return replace(asked, **said)  # type: ignore[arg-type]


async def ask(sessions: Sessions, asked: ShareQuestion) -> ShareAnswer:
    async with sessions.begin() as session:
        return await shares.share(session, asked)


@pytest.fixture
async def many(register_engine: AsyncEngine, sessions: Sessions) -> AsyncIterator[Sessions]:
    """Sessions of as many connections as there are people who ask at once."""
    url = register_engine.url.render_as_string(hide_password=False)
    engine = create_engine(url, pool_size=CROWD)
    yield open_sessions(engine)
    await engine.dispose()


async def all_at_once(many: Sessions, rule: SharingRule) -> list[str]:
    """Share out all cases by as many at once as there are connections."""
    gate = asyncio.Semaphore(CROWD)

    async def one(number: int) -> str:
        async with gate:
            return (await ask(many, question(number, rule))).choices[Role.OFFICER].holder

    return list(await asyncio.gather(*(one(number) for number in range(CASES))))


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.LIAISON])
async def test_a_request_goes_to_the_people_of_the_platform_and_body_that_have_it(
    role: Role, sessions: Sessions
) -> None:
    """The city coordinates: neither its districts' people nor another body's are asked."""
    at = {"city": "500000", "district": ""}
    elsewhere = {"city": "500000", "district": "500103"}
    await staffed(
        sessions,
        [
            post("a", role, **at, bodies=("education",), rank=2),
            post("b", role, **at, bodies=("education",), rank=3),
            post("c", role, **at, bodies=("health",)),
            post("d", role, **elsewhere, bodies=("education",)),
        ],
    )
    body = "education" if role is Role.LIAISON else ""
    there = Workplace(district="500000", body=body)
    got = []
    for number, district in enumerate(("500103", "500112") * 2):
        asked = question(number, roles=(role,), rules={role: TURN}, district=district)
        answer = await ask(sessions, replace(asked, workplaces={role: there}))
        got.append(answer.choices[role].holder)
    assert got == (["a", "b", "a", "b"] if body else ["c", "a", "b", "c"])


@pytest.mark.parametrize("rule", [TURN, LEAST], ids=["in turn", "least loaded"])
async def test_of_all_shared_out_at_once_nobody_has_more_than_one_more_than_another(
    rule: SharingRule, many: Sessions
) -> None:
    await staffed(many)
    got = Counter(await all_at_once(many, rule))
    assert set(got) == set(PEOPLE)
    assert max(got.values()) - min(got.values()) <= 1 / NEW_CASE
    async with many() as session:
        assert await session.scalar(select(func.count()).select_from(Shares)) == CASES


async def test_districts_that_are_served_by_one_citys_people_wait_for_each_other(
    many: Sessions,
) -> None:
    await staffed(many, [post(person, district="") for person in ("a", "b")])
    async with many() as first, many() as watcher:
        chosen = await shares.share(first, question(1, LEAST))
        other = asyncio.create_task(ask(many, question(2, LEAST, district="310101")))
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        while not other.done() and not await watcher.scalar(waiting):
            await watcher.rollback()
        await first.commit()
    assert {chosen.choices[Role.OFFICER].holder, (await other).choices[Role.OFFICER].holder} == {
        "a",
        "b",
    }


async def test_who_is_killed_midway_has_shared_out_nothing_and_holds_nobody_up(
    many: Sessions,
) -> None:
    await staffed(many)
    async with many() as killed, many.begin() as killer:
        pid = await killed.scalar(select(func.pg_backend_pid()))
        chosen = await shares.share(killed, question(1))
        waits = asyncio.create_task(ask(many, question(2)))
        await killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(DBAPIError):
            await killed.commit()
        other = (await waits).choices[Role.OFFICER]
        await killed.invalidate()
    assert other.holder == chosen.choices[Role.OFFICER].holder  # the first choice was never made
    again = (await ask(many, question(1))).choices[Role.OFFICER]
    assert again.holder != other.holder
    assert (await ask(many, question(1))).choices[Role.OFFICER] == again


async def test_the_same_question_has_the_same_answer_and_a_later_one_another(
    sessions: Sessions,
) -> None:
    await staffed(sessions)
    first = await ask(sessions, question())
    assert await ask(sessions, question()) == first
    later = await ask(sessions, question(seq=9))
    assert later.choices[Role.OFFICER].holder != first.choices[Role.OFFICER].holder


async def test_without_staff_the_posts_of_the_case_are_those_among_whom_it_is_shared(
    sessions: Sessions,
) -> None:
    answer = await ask(sessions, question(rule=SharingRule()))
    choice = answer.choices[Role.OFFICER]
    assert (choice.holder, choice.backup, choice.way) == ("ja-o1", "ja-o2", Way.FIXED)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Shares)) == 0


async def test_open_tasks_weigh_more_the_sooner_they_are_due(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(writer(archived()).entry(1))
    await staffed(sessions, [post("ja-1"), post("ja-2")])
    task = {
        "case_no": writer(archived()).case_no,
        "district": "310106",
        "kind": "review",
        "about": "",
        "role": "reviewer",
        "backup": "",
        "opened_at": datetime(2026, 9, 1, tzinfo=UTC),
        "closed_by": "",
    }
    soon = [{**task, "task": "a#1", "holder": "ja-1", "due_on": ON}]
    late = [{**task, "task": f"b#{n}", "holder": "ja-2", "due_on": None} for n in range(3)]
    async with sessions.begin() as session:
        await session.execute(insert(Tasks), [*soon, *late])
    weighed = question(rule=LEAST, weighed_by=(date(2026, 9, 23), date(2026, 9, 30)))
    assert (await ask(sessions, weighed)).choices[Role.OFFICER].holder == "ja-2"
    plain = question(2, rule=replace(LEAST, cap=3))
    assert (await ask(sessions, plain)).choices[Role.OFFICER].holder == "ja-1"


async def test_a_choice_is_looked_at_until_its_task_has_been_opened_and_no_longer(
    recorded: Recording, sessions: Sessions
) -> None:
    """Or each question would look at every case that a city ever shared out."""
    await staffed(sessions, [post("ja-1")])
    await recorded(writer(archived()).entry(1))
    number = writer(archived()).case_no
    for asked in (question(case_no=number), question(2)):
        await ask(sessions, asked)
    async with sessions.begin() as session:
        task = {"case_no": number, "task": "a#1", "district": "310106", "kind": "review"}
        task |= {"about": "", "role": "officer", "holder": "ja-1", "backup": "", "closed_by": ""}
        opened = {"opened_at": datetime(2026, 9, 1, tzinfo=UTC)}
        await session.execute(insert(Tasks), [{**task, **opened}])
    await ask(sessions, question(3))
    async with sessions() as session:
        looked_at = select(Shares.case_no).where(Shares.to_come).order_by(Shares.case_no)
        assert list(await session.scalars(looked_at)) == ["310106-0002", "310106-0003"]
        assert (await shares.loads_of(session, ["ja-1"]))["ja-1"].tasks == 3


async def test_what_is_not_recorded_yet_weighs_as_it_will_be(
    recorded: Recording, sessions: Sessions
) -> None:
    """Of many at once, some are recorded and some are not: nobody gets too much of them."""
    await staffed(sessions, [post("ja-1"), post("ja-2")])
    await recorded(writer(archived()).entry(1))
    task = {"case_no": writer(archived()).case_no, "district": "310106", "kind": "review"}
    task |= {"about": "", "role": "officer", "backup": "", "closed_by": "", "holder": "ja-1"}
    opened = {"opened_at": datetime(2026, 9, 1, tzinfo=UTC), "due_on": ON}
    async with sessions.begin() as session:
        await session.execute(insert(Tasks), [{**task, **opened, "task": "a#1"}])
    weighed = (date(2026, 9, 23), date(2026, 9, 30))
    asked = [question(n, LEAST, weighed_by=weighed, weighs={Role.OFFICER: 4}) for n in range(2, 5)]
    got = [(await ask(sessions, each)).choices[Role.OFFICER].holder for each in asked]
    assert got == ["ja-2", "ja-1", "ja-2"]


async def test_the_same_employer_comes_to_the_same_officer(sessions: Sessions) -> None:
    await staffed(sessions)
    rule = SharingRule(way=Way.SAME_EMPLOYER, otherwise=Way.IN_TURN)
    chosen = [
        (await ask(sessions, question(number, rule, employer=firm))).choices[Role.OFFICER]
        for number, firm in enumerate(["f1", "f2", "f1", "f2", "f1"])
    ]
    assert len({each.holder for each in chosen[::2]}) == 1
    assert len({each.holder for each in chosen}) == 2
    assert [each.way for each in chosen[2:]] == [Way.SAME_EMPLOYER] * 3


async def test_who_is_absent_or_keeps_away_is_passed_over(sessions: Sessions) -> None:
    await staffed(sessions, [post("ja-1"), post("ja-2"), post("ja-3")])
    async with sessions.begin() as session:
        await record_absence(session, absence(officer="ja-1"))
        await session.execute(insert(Relations), [relation("ja-2", "s-7")])
    answer = await ask(sessions, question(subject="s-7"))
    choice = answer.choices[Role.OFFICER]
    assert (choice.holder, choice.backup) == ("ja-3", "")
    assert answer.apart == ("ja-2",)
    assert {(each.person, each.bar) for each in choice.passed} == {
        ("ja-1", Bar.ABSENT),
        ("ja-2", Bar.RELATED),
    }


def relation(officer: str, subject: str) -> dict[str, object]:
    return {
        "id": f"r-{officer}",
        "officer": officer,
        "subject": subject,
        "kind": "related",
        "declared_by": officer,
        "declared_at": datetime(2026, 9, 1, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("person", "refused"),
    [
        ("ja-1", ""),
        ("ja-2", "NOT_OF_THIS_TEAM"),
        ("ja-3", "RELATION_DECLARED"),
        ("ja-9", "NOT_OF_THIS_TEAM"),
    ],
)
async def test_only_people_of_the_team_claim_its_tasks(
    person: str, refused: str, sessions: Sessions
) -> None:
    team = [post(f"ja-{number}", team="T1") for number in (1, 3, 4)]
    await staffed(sessions, [*team, post("ja-2", team="T2")])
    asked = ClaimQuestion(
        case_no="310106-0001",
        district="310106",
        office="",
        item="PTS_NEW",
        role=Role.OFFICER,
        team="T1",
        person=person,
        rule=SharingRule(way=Way.POOL, team="T1", cap=2),
        posts={},
        subject="s-7",
        on=ON,
    )
    async with sessions.begin() as session:
        await session.execute(insert(Relations), [relation("ja-3", "s-7")])
        answer = await shares.may_claim(session, asked)
    assert answer.refused == refused
    assert answer.backup == ("ja-4" if not refused else "")
