"""Cases are shared out before anybody sees them; teams claim; who is close keeps away."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from bench.cases import STEPS
from casework.domain.case.commands import Claim, GiveBack
from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.domain.sharing import SharingRule, Way
from casework.messages.cases import Receipt
from casework.store import queries
from casework.store.models import Relations, StaffPosts
from casework.temporal import Holder, Team
from tests.store.test_shares import post
from tests.workflows.conftest import Bench, Handle
from tests.workflows.test_same_person import PERSON, begin, number, opening

O1, O2 = "ja-o1", "ja-o2"
POOL = SharingRule(way=Way.POOL, team="T1", otherwise=Way.IN_TURN, claim_within=2)
TASK = "pre_review#1"


async def staffed(bench: Bench, *, team: str = "") -> None:
    async with bench.sessions.begin() as session:
        rows = [post(code, team=team, since=date(2000, 1, 1)) for code in (O1, O2)]
        await session.execute(insert(StaffPosts), rows)


async def opened(bench: Bench, count: int, rule: SharingRule) -> Handle:
    start = opening(bench, count)
    return await begin(bench, replace(start, share_out=True, sharing={Role.OFFICER: rule}))


async def holder(bench: Bench, handle: Handle) -> tuple[str, str]:
    """A角 and B角 of the pre-review."""
    async with bench.sessions() as session:
        view = await queries.case_view(session, number(handle))
    assert view is not None
    task = next(each for each in view.tasks if each.task == TASK)
    return task.holder, task.backup


async def act(handle: Handle, verb: str, code: str, **said: Any) -> str:
    """Give a verb; empty, or the code of the refusal."""
    command = {"claim": Claim, "give_back": GiveBack}[verb]
    actor = Actor(code=code, role=Role.OFFICER, district="310106")
    try:
        made = command(actor=actor, task=TASK, **said)
        await handle.execute_update(verb, made, result_type=Receipt)
    except WorkflowUpdateFailedError as error:
        assert isinstance(error.cause, ApplicationError)
        return error.cause.type or ""
    return ""


async def test_cases_go_to_each_in_turn_and_nobody_has_seen_another_holder(bench: Bench) -> None:
    await staffed(bench)
    rule = SharingRule(way=Way.IN_TURN)
    one, other = await opened(bench, 1, rule), await opened(bench, 2, rule)
    assert {await holder(bench, one), await holder(bench, other)} == {(O1, O2), (O2, O1)}
    assert (await bench.kinds(one))[:2] == ["submitted", "work_shared"]


async def test_of_two_who_claim_at_once_one_has_it_and_the_other_hears_who(bench: Bench) -> None:
    await staffed(bench, team="T1")
    handle = await opened(bench, 1, POOL)
    assert await holder(bench, handle) == ("", "")
    refused = await asyncio.gather(*(act(handle, "claim", code) for code in (O1, O2)))
    assert sorted(refused) == ["", "ALREADY_CLAIMED"]
    has, stands_by = await holder(bench, handle)
    assert {has, stands_by} == {O1, O2}
    assert await act(handle, "give_back", stands_by, reason="外出") == "NOT_YOUR_TASK"
    assert await act(handle, "give_back", has, reason="外出") == ""
    assert await holder(bench, handle) == ("", "")


async def test_a_supervisor_finds_the_team_before_and_after_the_claim(bench: Bench) -> None:
    await staffed(bench, team="T1")
    handle = await opened(bench, 1, POOL)

    async def shown() -> tuple[str | None, str | None]:
        known = (await handle.describe()).typed_search_attributes
        return known.get(Team), known.get(Holder)

    assert await shown() == ("T1", "小组 T1")
    assert await act(handle, "claim", O2) == ""
    assert await shown() == ("T1", O2)
    assert await act(handle, "give_back", O2, reason="外出") == ""
    assert await shown() == ("T1", "小组 T1")
    assert await act(handle, "claim", O1) == ""
    await handle.execute_update(*STEPS[0], result_type=Receipt)
    assert await shown() == ("T1", O1)  # the next step of the same officers
    by_rank = await opened(bench, 2, SharingRule(way=Way.IN_TURN))
    assert (await by_rank.describe()).typed_search_attributes.get(Team) is None


async def test_what_nobody_claims_is_given_to_somebody_when_the_time_is_over(bench: Bench) -> None:
    await staffed(bench, team="T1")
    handle = await opened(bench, 1, POOL)
    await bench.environment.sleep(7 * 24 * 3600)
    await bench.rest(handle)
    assert set(await holder(bench, handle)) == {O1, O2}
    kinds = await bench.kinds(handle)
    assert kinds[kinds.index("claim_lapsed") + 1] == "work_shared"


@pytest.mark.parametrize("way", [Way.IN_TURN, Way.FIXED])
async def test_a_relation_declared_late_takes_the_case_from_who_has_it(
    way: Way, bench: Bench
) -> None:
    await staffed(bench)
    handle = await opened(bench, 1, SharingRule(way=way))
    assert await holder(bench, handle) == (O1, O2)
    row = {
        "id": "r-1",
        "officer": O1,
        "subject": PERSON,
        "kind": "related",
        "declared_by": O1,
        "declared_at": datetime(2026, 9, 1, tzinfo=UTC),
    }
    async with bench.sessions.begin() as session:
        await session.execute(insert(Relations), [row])
    await handle.signal("look_again")
    await bench.rest(handle)
    assert await holder(bench, handle) == (O2, "")
    assert (await bench.kinds(handle))[-2:] == ["relations_noted", "work_shared"]
