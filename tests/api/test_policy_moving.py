"""Moves to newer policy over HTTP: previewed, proposed, approved, and each case's outcome."""

import asyncio
import itertools
from secrets import token_hex
from typing import Any

import pytest

from casework.store.engine import Sessions
from tests.api.live import Backend
from tests.api.test_problems import assert_problem
from tests.workflows.ordering import seeded

_keys = (f"{token_hex(4)}-{number}" for number in itertools.count())


@pytest.fixture(autouse=True)
async def _calendar(sessions: Sessions) -> None:
    await seeded(sessions)


def moving(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "move_policy",
        "district": "310106",
        "item": "PTS_NEW",
        "reason": "新办法施行",
    } | changed


async def done(backend: Backend, path: str) -> dict[str, Any]:
    while (shown := (await backend.get("ja-s1", path)).json())["status"] != "done":
        await asyncio.sleep(0.05)
    return dict(shown)


async def test_preview_says_how_many_and_changes_nothing(backend: Backend) -> None:
    case_no = await backend.case()
    answer = await backend.post("ja-s1", "/v1/orders/preview", moving(head_consents=True))
    preview = answer.json()
    assert (answer.status_code, preview["cases"], preview["stages"]) == (200, 1, {"pre_review": 1})
    assert [each["case_no"] for each in preview["examples"]] == [case_no]
    assert preview["examples"][0]["policy_before"] == preview["policy"]
    assert (await backend.get("ja-s1", "/v1/orders")).json()["items"] == []
    assert "policy_moved" not in await backend.titles(case_no)


async def test_order_is_carried_out_and_each_outcome_can_be_read(backend: Backend) -> None:
    case_no = await backend.case()
    answer = await backend.post("ja-s1", "/v1/orders", moving(cases=[case_no]), key=next(_keys))
    order, place = answer.json(), answer.headers["location"]
    assert (answer.status_code, order["status"]) == (201, "proposed")
    assert (order["preview"]["cases"], order["preview"]["unchanged"]) == (1, 1)
    own = await backend.post("ja-s1", f"{place}/approve")
    assert (own.status_code, assert_problem(own)["code"]) == (403, "FOUR_EYES")
    approved = (await backend.post("sh-u1", f"{place}/approve")).json()
    assert (approved["cases"], approved["version"]) == (1, None)
    shown = await done(backend, place)
    assert shown["headline"] == "改用批准之日的政策：区 310106，PTS_NEW，所列 1 件"
    found = (await backend.get("ja-o1", f"{place}/cases")).json()
    (row,) = found["items"]
    # It was opened today: the policy of today is its own.
    assert (row["case_no"], row["outcome"], row["outcome_label"]) == (
        case_no,
        "unchanged",
        "无变化",
    )
    none = (await backend.get("ja-o1", f"{place}/cases", outcome="moved")).json()
    assert none["items"] == []


async def test_harm_is_for_the_head_to_approve(backend: Backend) -> None:
    await backend.case()
    body = moving(head_consents=True)
    place = (await backend.post("ja-s1", "/v1/orders", body, key=next(_keys))).headers["location"]
    by_superior = await backend.post("sh-u1", f"{place}/approve")
    assert (by_superior.status_code, assert_problem(by_superior)["code"]) == (
        403,
        "HEAD_CONSENT_REQUIRED",
    )
    elsewhere = await backend.post("xh-h1", f"{place}/approve")
    assert (elsewhere.status_code, assert_problem(elsewhere)["code"]) == (403, "OTHER_DISTRICT")
    by_head = await backend.post("ja-h1", f"{place}/approve")
    assert by_head.status_code == 200, by_head.text
    await done(backend, place)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"item": "NONE"}, 422, "UNKNOWN_ITEM"),
        ({"district": "999999"}, 422, "UNKNOWN_DISTRICT"),
        ({"to": "2999-01-01"}, 422, "DATE_IN_FUTURE"),
        ({"reason": " "}, 422, "FIELD_REQUIRED"),
        ({"cases": ["310106-0000-0000-0000"]}, 404, "CASE_NOT_FOUND"),
        ({"cases": ["310106-0000-0000-0000"] * 501}, 422, "INVALID_REQUEST"),
        ({"stage": "nowhere"}, 422, "INVALID_REQUEST"),
    ],
)
async def test_nonsense_is_refused_before_anybody_has_to_look_at_it(
    backend: Backend, changed: dict[str, Any], status: int, code: str
) -> None:
    answer = await backend.post("ja-s1", "/v1/orders", moving(**changed), key=next(_keys))
    assert (answer.status_code, assert_problem(answer)["code"]) == (status, code)


async def test_officer_may_not_order_it_and_no_system_goes_past_the_order(
    backend: Backend,
) -> None:
    case_no = await backend.case()
    answer = await backend.post("ja-o1", "/v1/orders", moving(), key=next(_keys))
    assert (answer.status_code, assert_problem(answer)["code"]) == (403, "ROLE_NOT_ALLOWED")
    said = {"order": "ZL-0000-0000-0001", "reason": "新办法"}
    past = await backend.do("backend", case_no, "move-policy", **said)
    assert (past.status_code, assert_problem(past)["code"]) == (403, "SYSTEM_NOT_BOUND")
