"""What an order to rebalance fixes in the register, and what still waits afterwards."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from casework.domain.errors import DomainError
from casework.domain.orders import Order, Rebalance
from casework.domain.policy import Role
from casework.domain.sharing import SharingRule, Way
from casework.domain.staff import StaffPost
from casework.messages.orders import HandedOn
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.in_force import rebalancing, seed
from casework.store.in_force.rebalancing import (
    HANDINGS,
    HANDINGS_LIST,
    Ground,
    fix_handings,
    over_cap,
    plan_more,
    preview_rebalance,
)
from casework.store.models import Absences, Openings, Relations
from casework.store.telling import Count, Outcome
from tests.domain.desk import at, open_desk
from tests.store.conftest import Recording
from tests.store.entries import writer
from tests.store.orders import APPROVER, PROPOSER

DAY = "2026-09-17"
A, B = "ja-officer-a", "ja-officer-b"
CASES = 6
LEVEL = Rebalance(district="310106", role=Role.OFFICER, person=A, reason="积压")
ORDER = Order(no="ZL-1", content=LEVEL, proposed_by=PROPOSER)


def ground(*people: str, **rule: Any) -> Ground:
    posts = tuple(
        StaffPost(
            person=who, role=Role.OFFICER, city="310000", district="310106", since=date(2026, 1, 1)
        )
        for who in people
    )
    known = SharingRule(way=Way.LEAST_LOADED, **rule)
    return Ground(on=date.fromisoformat(DAY), posts=posts, rule=lambda _: known)


@pytest.fixture(autouse=True)
async def _cases(recorded: Recording, sessions: Sessions) -> None:
    """All with one officer."""
    async with sessions.begin() as session:
        await seed(session, load_calendar(), ())
    await recorded(*(writer(open_desk(), number=n).entry() for n in range(1, CASES + 1)))


async def fixed(sessions: Sessions, where: Ground) -> Count:
    async with sessions.begin() as session:
        return await fix_handings(session, ORDER, where, APPROVER, at(DAY))


async def would(sessions: Sessions, where: Ground, content: Rebalance = LEVEL) -> dict[str, str]:
    async with sessions() as session:
        found = await preview_rebalance(session, content, where)
    return {each.case_no[-1]: each.to for each in found.handings}


async def test_it_is_fixed_once_and_goes_on_where_it_was(sessions: Sessions) -> None:
    where = ground(A, B, "c")
    expected = await would(sessions, where)
    assert sorted(expected.values()) == ["c", "c", B, B]
    assert await fixed(sessions, where) == Count(cases=4, done=0)
    assert await fixed(sessions, ground(A, "d")) == Count(cases=4, done=0), "the first answer stays"
    async with sessions.begin() as session:
        first = await HANDINGS.waiting(session, ORDER.no, limit=1)
        done = [Outcome(case_no=first[0].case_no, outcome=HandedOn.DONE)]
        await HANDINGS.note(session, ORDER.no, done)
        again = [Outcome(case_no=first[0].case_no, outcome=HandedOn.GONE)]
        await HANDINGS.note(session, ORDER.no, again)
        assert await HANDINGS.count(session, ORDER.no) == Count(cases=4, done=1)
        left = await HANDINGS.waiting(session, ORDER.no, limit=9)
        assert len(left) == 3
        page = await HANDINGS.page(session, ORDER.no, HANDINGS_LIST, outcome="done")
        assert [row.case_no for row in page.rows] == [first[0].case_no]
        assert first[0].receiver == expected[first[0].case_no[-1]]


async def test_very_many_are_planned_page_by_page_and_no_case_twice(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here no case follows, so that others are asked, until each has been."""
    where = ground(A, B, "c")
    whole = await would(sessions, where)
    monkeypatch.setattr(rebalancing, "PLANNED_AT_ONCE", 3)
    async with sessions() as session:
        seen = await preview_rebalance(session, LEVEL, where)
    assert (seen.cases, len(seen.handings), seen.left) == (len(whole), 3, True)
    assert await fixed(sessions, where) == Count(cases=3, done=0)
    planned = []
    while True:
        async with sessions.begin() as session:
            rows = await HANDINGS.waiting(session, ORDER.no, limit=9)
            planned += [row.case_no for row in rows]
            gone = [Outcome(case_no=row.case_no, outcome=HandedOn.GONE) for row in rows]
            await HANDINGS.note(session, ORDER.no, gone)
            if not await plan_more(session, ORDER, where):
                break
    assert len(planned) == len(set(planned)) == CASES


async def test_cap_holds_when_it_is_planned_and_when_it_is_carried_out(sessions: Sessions) -> None:
    assert sorted((await would(sessions, ground(A, B, cap=2))).values()) == [B, B]
    await fixed(sessions, ground(A, B, cap=2))
    async with sessions() as session:
        rows = await HANDINGS.waiting(session, ORDER.no, limit=9)
        assert await over_cap(session, rows) == frozenset()
        third = [*rows, rows[0]]
        assert await over_cap(session, third) == {rows[0].case_no}, "B would have three"


async def test_neither_the_absent_nor_relations_nor_other_parts_get_anything(
    sessions: Sessions,
) -> None:
    async with sessions.begin() as session:
        await session.execute(
            insert(Absences).values(
                id="x",
                officer="away",
                first_on=date.fromisoformat(DAY),
                last_on=date.fromisoformat(DAY) + timedelta(days=1),
                reason="",
                recorded_by="ja-s1",
                recorded_at=at(DAY),
            )
        )
        kin = {"officer": "kin", "kind": "related", "declared_by": "kin", "declared_at": at(DAY)}
        await session.execute(insert(Relations).values(kin | {"id": "r", "subject": "s-kin"}))
        await session.execute(
            update(Openings).where(Openings.case_no.endswith("1")).values(employer_subject="s-kin")
        )
    found = await would(sessions, ground(A, "away", "kin", "ja-reviewer-a"))
    assert set(found.values()) == {"kin"}
    assert "1" not in found
    gone = await would(sessions, ground(B, "c"))
    assert len(gone) == CASES, "who has no post any more gives all"


async def test_where_nobody_is_nothing_is_ordered(sessions: Sessions) -> None:
    with pytest.raises(DomainError, match="没有人员"):
        await fixed(sessions, ground())
