"""The set of a move to newer policy, what became of each case, and the preview beforehand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.application.commands import Accept, PreReview, PreReviewOutcome
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.orders import MoveToPolicy, Order
from casework.domain.policy import LimitName, Role, ServiceItem
from casework.messages.orders import Carried, OrderStatus
from casework.policy.calendars import load_calendar
from casework.policy.catalogue.offer import digest
from casework.store.engine import Sessions
from casework.store.in_force import find_order, seed
from casework.store.in_force.policy_moves import (
    MOVES,
    MOVES_LIST,
    MovedCase,
    PolicyPreview,
    fix_set,
    policy_of_order,
    preview_move,
)
from casework.store.models import Changes, PolicyMoves
from casework.store.telling import Count, Outcome
from tests.domain.desk import Desk, at, open_desk
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.entries import writer
from tests.store.orders import APPROVER, order

Number = Callable[[int], str]


def number(which: int) -> str:
    return f"310106-TEST-0000-{which:04}"


def newer(desk: Desk, **limits: int) -> ServiceItem:
    known = dict(desk.item.limits)
    for name, amount in limits.items():
        known[LimitName(name)] = replace(known[LimitName(name)], amount=amount)
    new = replace(desk.item, limits=known, resolved_on=desk.item.resolved_on + timedelta(days=1))
    return replace(new, digest=digest(new))


def moving(**changed: Any) -> MoveToPolicy:
    return replace(MoveToPolicy(district="310106", item="PTS_NEW", reason="新办法"), **changed)


def accepted() -> Desk:
    desk = open_desk()
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    return desk


@pytest.fixture(autouse=True)
async def _calendar(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await seed(session, load_calendar(), ())


@pytest.fixture
async def three(recorded: Recording, sessions: Sessions) -> None:
    """One in pre-review, two accepted."""
    desks = (open_desk(), accepted(), accepted())
    await recorded(*(writer(desk, number=n).entry() for n, desk in enumerate(desks, 1)))


async def fixed(sessions: Sessions, content: MoveToPolicy, item: ServiceItem) -> Count:
    async with sessions.begin() as session:
        return await fix_set(session, given(content), item, APPROVER, at("2026-09-17"))


def given(content: MoveToPolicy) -> Order:
    return order("ZL-1", content)


async def listed(sessions: Sessions) -> dict[str, str]:
    async with sessions() as session:
        rows: tuple[MovedCase, ...] = (await MOVES.page(session, "ZL-1", MOVES_LIST)).rows
    return {row.case_no: row.code or row.outcome for row in rows}


@pytest.mark.usefixtures("three")
async def test_set_is_fixed_once_and_concerns_nobody_else(
    sessions: Sessions, recorded: Recording
) -> None:
    item = newer(open_desk(), decide=10)
    content = moving(stage=ApplicationStage.REVIEW)
    assert await fixed(sessions, content, item) == Count(cases=2, done=0)
    await recorded(writer(accepted(), number=4).entry())
    # What was opened or reached the stage later is not concerned, and a repeat changes nothing.
    assert await fixed(sessions, content, newer(open_desk(), decide=5)) == Count(cases=2, done=0)
    assert await listed(sessions) == {number(2): "waiting", number(3): "waiting"}
    async with sessions() as session:
        assert await policy_of_order(session, "ZL-1") == item
        found = await find_order(session, "ZL-1")
        assert await session.scalar(select(func.count()).select_from(Changes)) == 0
    assert found is not None
    assert (found.status, found.decided_by, found.version) == (
        OrderStatus.APPLIED,
        APPROVER.code,
        None,
    )


@pytest.mark.usefixtures("three")
async def test_each_named_case_has_its_outcome(sessions: Sessions) -> None:
    names = (number(1), number(2), "310106-NONE-0000-0000", number(2))
    item = newer(open_desk(), decide=10)
    assert await fixed(sessions, moving(cases=names, stage=ApplicationStage.REVIEW), item) == Count(
        cases=3, done=2
    )
    assert await listed(sessions) == {
        number(1): "WRONG_STAGE",
        number(2): "waiting",
        "310106-NONE-0000-0000": "CASE_NOT_FOUND",
    }


@pytest.mark.usefixtures("three")
async def test_case_of_another_item_is_refused(sessions: Sessions) -> None:
    content = moving(item="HJ_RES", cases=(number(1),))
    await fixed(sessions, content, replace(newer(open_desk()), code="HJ_RES"))
    assert await listed(sessions) == {number(1): "POLICY_OF_ANOTHER_ITEM"}


@pytest.mark.usefixtures("three")
async def test_who_stands_under_it_already_is_told_only_if_the_head_consents(
    sessions: Sessions,
) -> None:
    own = open_desk().item
    assert await fixed(sessions, moving(), own) == Count(cases=3, done=3)
    assert set((await listed(sessions)).values()) == {"unchanged"}
    async with sessions.begin() as session:
        again = order("ZL-2", moving(head_consents=True))
        assert await fix_set(session, again, own, APPROVER, at("2026-09-17")) == Count(
            cases=3, done=0
        )


async def waiting(session: AsyncSession, after: str, limit: int) -> list[str]:
    rows = await MOVES.waiting(session, "ZL-1", after=after, limit=limit)
    return [row.case_no for row in rows]


@pytest.mark.usefixtures("three")
async def test_outcome_is_written_once(sessions: Sessions) -> None:
    await fixed(sessions, moving(), newer(open_desk(), decide=10))
    async with sessions.begin() as session:
        assert await waiting(session, "", 2) == [number(1), number(2)]
        moved = Outcome(case_no=number(1), outcome=Carried.MOVED)
        await MOVES.note(session, "ZL-1", [moved])
        refused = replace(moved, outcome=Carried.REFUSED, code="CONSENT_PENDING")
        await MOVES.note(session, "ZL-1", [refused, replace(refused, case_no=number(2))])
    async with sessions() as session:
        assert await waiting(session, "", 9) == [number(3)]
        assert await waiting(session, number(3), 9) == []
        assert await MOVES.count(session, "ZL-1") == Count(cases=3, done=2)
        page = await MOVES.page(session, "ZL-1", MOVES_LIST, size=2)
        rest = await MOVES.page(session, "ZL-1", MOVES_LIST, size=2, after=page.next)
        assert [row.case_no for row in page.rows + rest.rows] == [number(n) for n in (1, 2, 3)]
        (only,) = (await MOVES.page(session, "ZL-1", MOVES_LIST, outcome="refused")).rows
    assert (only.case_no, only.code) == (number(2), "CONSENT_PENDING")


async def previewed(sessions: Sessions, content: MoveToPolicy, item: ServiceItem) -> PolicyPreview:
    async with sessions.begin() as session:
        return await preview_move(session, content, item, at("2026-09-17"))


@in_clear_and_sealed
@pytest.mark.usefixtures("three")
async def test_preview_shows_limits_before_and_after_and_what_is_kept(sessions: Sessions) -> None:
    item = newer(open_desk(), decide=10, review=60)
    seen = await previewed(sessions, moving(stage=ApplicationStage.REVIEW), item)
    assert (seen.cases, seen.unchanged, seen.stages) == (2, 0, {"review": 2})
    assert [each.case_no for each in seen.examples] == [number(2), number(3)]
    limits = {limit.clock: limit for limit in seen.examples[0].limits}
    shorter, longer = limits["decide"], limits["review"]
    assert (shorter.amount_before, shorter.amount_after, shorter.kept) == (20, 10, "")
    assert shorter.due_before is not None
    assert shorter.due_after is not None
    assert shorter.due_after < shorter.due_before
    assert longer.due_after == longer.due_before
    assert longer.kept == "保留原期限：不得改为对申请人不利"
    harmed = await previewed(
        sessions, moving(stage=ApplicationStage.REVIEW, head_consents=True), item
    )
    limits = {limit.clock: limit for limit in harmed.examples[0].limits}
    assert (limits["review"].kept, limits["review"].amount_after) == ("", 60)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(PolicyMoves)) == 0
