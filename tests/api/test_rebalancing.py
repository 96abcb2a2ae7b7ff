"""Rebalancing over HTTP: previewed, proposed, approved by another, and told case by case."""

import asyncio
import itertools
from secrets import token_hex
from typing import Any

import pytest

from casework.store.engine import Sessions
from tests.api.live import Backend
from tests.api.test_problems import assert_problem
from tests.api.test_relations import declared, get, opened
from tests.workflows.ordering import seeded

_keys = (f"{token_hex(4)}-{number}" for number in itertools.count())


@pytest.fixture(autouse=True)
async def _calendar(sessions: Sessions) -> None:
    await seeded(sessions)


def levelling(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "rebalance",
        "district": "310106",
        "role": "officer",
        "person": "ja-o1",
        "reason": "积压过多",
    } | changed


async def begun(backend: Backend, case_no: str) -> None:
    case = await get(backend, f"/v1/cases/{case_no}")
    for task in case["tasks"]:
        if task["holder"] == "ja-o1" and task["closed_at"] is None:
            answer = await backend.do("ja-o1", case_no, "take-up", task=task["task"])
            assert answer.status_code == 200, answer.text


async def carried_out(backend: Backend, body: dict[str, Any]) -> str:
    """Propose and approve it, wait until all cases have been told; return its address."""
    answer = await backend.post("ja-s1", "/v1/orders", body, key=next(_keys))
    assert answer.status_code == 201, answer.text
    place = str(answer.headers["location"])
    own = await backend.post("ja-s1", f"{place}/approve")
    assert (own.status_code, assert_problem(own)["code"]) == (403, "FOUR_EYES")
    approved = await backend.post("sh-u1", f"{place}/approve")
    assert approved.status_code == 200, approved.text
    while (await get(backend, place))["status"] != "done":
        await asyncio.sleep(0.05)
    return place


async def test_what_nobody_has_begun_goes_to_who_has_less_with_its_reason(
    backend: Backend,
) -> None:
    await declared(backend, "ja-o2", "kin")
    cases = [await opened(backend, who) for who in ("kin", "taken-up", "one", "two", "three")]
    assert {(await get(backend, f"/v1/cases/{each}"))["holder"] for each in cases} == {"ja-o1"}
    await begun(backend, cases[1])
    answer = await backend.post("ja-s1", "/v1/orders/preview", levelling())
    assert answer.status_code == 200, answer.text
    preview = answer.json()
    would = {each["case_no"]: each["to"] for each in preview["handings"]}
    assert 0 < len(would) < len(cases)
    assert set(would) <= set(cases[2:]), "neither what is begun nor what is a relation's"
    standing = {each["person"]: each for each in preview["people"]}
    assert standing["ja-o1"]["open_after"] == standing["ja-o1"]["open_tasks"] - preview["tasks"]

    place = await carried_out(backend, levelling())
    rows = (await get(backend, f"{place}/handings"))["items"]
    order = await get(backend, place)
    assert (order["cases"], order["done"]) == (len(would), len(would))
    assert {row["case_no"]: row["receiver"] for row in rows} == would
    assert {(row["outcome"], row["outcome_label"]) for row in rows} == {("done", "已转交")}
    for case_no in cases:
        case = await get(backend, f"/v1/cases/{case_no}")
        assert case["holder"] == would.get(case_no, "ja-o1")
        assert {t["holder"] for t in case["tasks"] if t["role"] == "officer"} == {case["holder"]}
    events = (await get(backend, f"/v1/cases/{min(would)}/timeline"))["items"]
    (event,) = [each for each in events if each["kind"] == "reassigned"]
    assert event["actor"] == "orders"
    assert event["body"]["order"] == place.rpartition("/")[2]
    assert event["body"]["reason"].startswith("积压过多（负荷均衡：由 ja-o1")
    again = await backend.post("ja-s1", "/v1/orders/preview", levelling())
    assert again.json()["handings"] == []


async def test_nonsense_is_refused_before_anybody_has_to_look_at_it(backend: Backend) -> None:
    for by, body, code in (
        ("ja-s1", levelling(role="liaison"), "ROLE_NOT_REBALANCED"),
        ("ja-s1", levelling(team="T1"), "PERSON_OR_TEAM"),
        ("ja-s1", levelling(reason=" "), "FIELD_REQUIRED"),
        ("ja-o1", levelling(), "ROLE_NOT_ALLOWED"),
        ("ja-s1", levelling(district="310101"), "OTHER_DISTRICT"),
    ):
        refused = await backend.post(by, "/v1/orders/preview", body)
        assert assert_problem(refused)["code"] == code
