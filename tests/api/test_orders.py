"""Orders over HTTP: proposed by one person, decided by another, in force when the answer comes."""

import asyncio
import itertools
from secrets import token_hex
from typing import Any

import httpx
import pytest

from casework.store.engine import Sessions
from tests.api.live import Backend, Headers, Switch
from tests.api.test_problems import assert_problem
from tests.workflows.ordering import seeded

CLOSURE = {
    "kind": "open_suspension",
    "reach": {"scope": "district", "key": "310106"},
    "first_on": "2026-11-02",
    "reason": "封控管理",
    "basis": "区防控办通告",
    "clocks": "both",
    "channels": ["window"],
}
UNKNOWN = "ZL-0000-0000-0000"
# The server of the session remembers the orders of other tests, which the register has forgotten.
_keys = (f"{token_hex(4)}-{number}" for number in itertools.count())


@pytest.fixture(autouse=True)
async def _calendar(sessions: Sessions) -> None:
    await seeded(sessions)


async def proposed(backend: Backend, body: dict[str, Any], by: str = "ja-s1") -> str:
    answer = await backend.post(by, "/v1/orders", body, key=next(_keys))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["no"])


async def approved(backend: Backend, no: str, by: str = "sh-u1") -> dict[str, Any]:
    answer = await backend.post(by, f"/v1/orders/{no}/approve")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    # What is still under way would go on in the register of the next test.
    while (await backend.get(by, f"/v1/orders/{no}")).json()["status"] != "done":
        await asyncio.sleep(0.05)
    return found


async def test_order_is_in_force_when_the_approval_is_answered(backend: Backend) -> None:
    case_no = await backend.case()
    answer = await backend.post("ja-s1", "/v1/orders", CLOSURE, key=next(_keys))
    order = answer.json()
    assert (answer.status_code, order["status"], order["status_label"]) == (
        201,
        "proposed",
        "待批准",
    )
    place = answer.headers["location"]
    assert place == f"/v1/orders/{order['no']}"
    assert {kind["kind"] for kind in order["preview"]["kinds"]} == {"notice"}
    assert order["preview"]["examples"][0]["case_no"] == case_no
    assert (await backend.get("ja-o1", "/v1/suspensions")).json()["items"] == []

    own = await backend.post("ja-s1", f"{place}/approve")
    assert (own.status_code, assert_problem(own)["code"]) == (403, "FOUR_EYES")
    done = await approved(backend, order["no"])
    assert done["moved"] >= 1
    (suspension,) = (await backend.get("ja-o1", "/v1/suspensions")).json()["items"]
    assert (suspension["id"], suspension["by"]) == (order["no"], "sh-u1")
    clocks = (await backend.get("ja-o1", f"/v1/applications/{case_no}/clocks")).json()["items"]
    assert {clock["clock"]: clock["due_on"] for clock in clocks}["notice"] is None
    shown = (await backend.get("ja-o1", place)).json()
    assert shown["decided_by"] == "sh-u1"
    assert shown["headline"] == "暂停双方的期限：全区 310106，2026-11-02 起，未定解除日"


async def test_explanation_names_the_order_before_the_case_has_noticed(backend: Backend) -> None:
    case_no = await backend.case()
    await approved(backend, await proposed(backend, CLOSURE))
    explained = (await backend.get("ja-o1", f"/v1/applications/{case_no}/explanation")).json()
    notice = next(clock for clock in explained["clocks"] if clock["clock"] == "notice")
    assert (notice["due_on"], notice["paused"]) == (None, True)
    (entry,) = notice["ledger"]
    assert (entry["source"], entry["reason"], entry["basis"]) == (
        "order",
        "封控管理",
        "区防控办通告",
    )


async def test_same_request_is_the_same_order(backend: Backend) -> None:
    key = next(_keys)
    first = await backend.post("ja-s1", "/v1/orders", CLOSURE, key=key)
    again = await backend.post("ja-s1", "/v1/orders", CLOSURE, key=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["no"] == first.json()["no"]
    other = await backend.post("ja-s1", "/v1/orders", CLOSURE | {"reason": "其他"}, key=key)
    assert (other.status_code, assert_problem(other)["code"]) == (409, "KEY_REUSED")
    # Without a key, the same content on the same day.
    body = CLOSURE | {"reason": next(_keys)}
    first, again = [await backend.post("ja-s1", "/v1/orders", body) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["no"] == first.json()["no"]


async def test_decision_is_made_once_and_repeated_under_its_key(backend: Backend) -> None:
    no = await proposed(backend, CLOSURE)
    path = f"/v1/orders/{no}"
    missing = await backend.post("sh-u1", f"{path}/reject")
    assert (missing.status_code, assert_problem(missing)["errors"][0]["field"]) == (422, "reason")
    answers = [
        await backend.post("sh-u1", f"{path}/reject", {"reason": "依据不足"}, key="k-1")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    late = await backend.post("sh-u2", f"{path}/approve")
    assert (late.status_code, assert_problem(late)["code"]) == (409, "ORDER_DECIDED")
    asked = await backend.get("sh-u1", f"{path}/operations/k-1")
    assert asked.json()["status"] == "rejected"
    assert (await backend.get("ja-o1", path)).json()["decision_reason"] == "依据不足"
    assert (await backend.get("ja-o1", "/v1/suspensions")).json()["items"] == []


async def test_lift_of_a_suspension_follows_from_its_district(backend: Backend) -> None:
    no = await proposed(backend, CLOSURE)
    await approved(backend, no)
    lift = {
        "kind": "lift_suspension",
        "suspension": no,
        "lifted_on": "2026-11-10",
        "reason": "恢复",
    }
    elsewhere = await backend.post("mh-s1", "/v1/orders", lift)
    assert (elsewhere.status_code, assert_problem(elsewhere)["code"]) == (403, "OTHER_DISTRICT")
    done = await approved(backend, await proposed(backend, lift))
    assert done["status"] in {"applied", "done"}
    (suspension,) = (await backend.get("ja-o1", "/v1/suspensions")).json()["items"]
    assert suspension["lifted_on"] == "2026-11-10"
    unknown = await backend.post("ja-s1", "/v1/orders", lift | {"suspension": UNKNOWN})
    problem = assert_problem(unknown)
    assert (unknown.status_code, problem["code"]) == (422, "SUSPENSION_UNKNOWN")


async def test_preview_says_what_would_be_and_changes_nothing(backend: Backend) -> None:
    case_no = await backend.case()
    path = f"/v1/applications/{case_no}/clocks"
    before = (await backend.get("ja-o1", path)).json()
    preview = (await backend.post("ja-s1", "/v1/orders/preview", CLOSURE)).json()
    assert preview["cases"] == 1
    (example,) = [each for each in preview["examples"] if each["clock"] == "notice"]
    assert example["due_before"] is not None
    assert (example["due_after"], example["paused_after"]) == (None, True)
    assert (await backend.get("ja-o1", path)).json() == before
    assert (await backend.get("ja-o1", "/v1/orders")).json()["items"] == []


async def test_channel_that_is_closed_takes_no_application(backend: Backend) -> None:
    closed = CLOSURE | {"clocks": "applicant", "channels": ["online"]}
    await approved(backend, await proposed(backend, closed))
    body = await backend.submission()
    answer = await backend.post("backend", "/v1/applications", body)
    problem = assert_problem(answer)
    assert (answer.status_code, problem["code"]) == (422, "CHANNEL_CLOSED")
    assert problem["errors"][0]["field"] == "channel"
    assert "封控管理" in problem["detail"]
    assert "online" not in problem["detail"]
    elsewhere = await backend.submission(district="310112", materials=[])
    assert (await backend.post("backend", "/v1/applications", elsewhere)).status_code == 201


async def test_new_case_under_a_suspension_stands_still_from_the_first_day(
    backend: Backend,
) -> None:
    await approved(backend, await proposed(backend, CLOSURE))
    case_no = await backend.case()
    clocks = (await backend.get("ja-o1", f"/v1/applications/{case_no}/clocks")).json()["items"]
    assert {clock["clock"]: clock["due_on"] for clock in clocks}["notice"] is None


async def test_lists_show_orders_newest_first_page_by_page(backend: Backend) -> None:
    numbers = [await proposed(backend, CLOSURE | {"reason": f"理由{n}"}) for n in range(3)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await backend.get("ja-o1", "/v1/orders", size=2, cursor=cursor)).json()
        found += [order["no"] for order in page["items"]]
        cursor = page["next_cursor"]
    assert found == numbers[::-1]
    assert (await backend.get("ja-o1", "/v1/orders", status="done")).json()["items"] == []
    assert (await backend.get("mh-o1", "/v1/orders")).json()["items"] == []
    other = await backend.get("mh-o1", f"/v1/orders/{numbers[0]}")
    assert (other.status_code, assert_problem(other)["code"]) == (403, "OTHER_DISTRICT")
    none = await backend.get("ja-o1", f"/v1/orders/{UNKNOWN}")
    assert (none.status_code, assert_problem(none)["code"]) == (404, "ORDER_NOT_FOUND")
    decided = await backend.post("sh-u1", f"/v1/orders/{UNKNOWN}/approve")
    assert (decided.status_code, assert_problem(decided)["code"]) == (404, "ORDER_NOT_FOUND")


async def test_order_while_the_register_is_away_is_answered_later(
    backend: Backend, switch: Switch, impatient: Backend
) -> None:
    switch.away = True
    answer = await impatient.post("ja-s1", "/v1/orders", CLOSURE, key=next(_keys))
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    place = answer.headers["location"]
    switch.away = False
    done = await backend.get("ja-s1", place)
    assert (done.status_code, done.json()["status"]) == (200, "proposed")


@pytest.mark.parametrize(
    ("by", "changed", "refused"),
    [
        ("ja-o1", {}, (403, "ROLE_NOT_ALLOWED")),
        ("mh-s1", {}, (403, "OTHER_DISTRICT")),
        ("ja-s1", {"reach": {"scope": "city", "key": "310000"}}, (403, "OTHER_DISTRICT")),
        ("ja-s1", {"basis": " "}, (422, "FIELD_REQUIRED")),
        ("ja-s1", {"lifted_on": "2026-11-01"}, (422, "LIFTED_BEFORE_FIRST")),
        ("ja-s1", {"kind": "open_sesame"}, (422, "INVALID_REQUEST")),
        ("ja-s1", {"first_on": "soon"}, (422, "INVALID_REQUEST")),
        ("ja-s1", {"approve": True}, (422, "INVALID_REQUEST")),
        ("ja-s1", {"reason": "\0"}, (422, "INVALID_REQUEST")),
    ],
)
async def test_what_may_not_be_proposed_is_refused(
    lonely: httpx.AsyncClient,
    bearer: Headers,
    by: str,
    changed: dict[str, Any],
    refused: tuple[int, str],
) -> None:
    answer = await lonely.post("/v1/orders", json=CLOSURE | changed, headers=bearer(by))
    assert (answer.status_code, assert_problem(answer)["code"]) == refused


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"district": "999999"}, "UNKNOWN_DISTRICT", "district"),
        ({"items": ["NO_SUCH"]}, "UNKNOWN_ITEM", "items.0"),
        ({"items": []}, "FIELD_REQUIRED", "items"),
        ({"effect": "NO_SUCH"}, "UNKNOWN_EFFECT", "effect"),
        ({"until": "2026-01-01"}, "UNTIL_BEFORE_SINCE", "until"),
    ],
)
async def test_measure_that_cannot_be_is_refused(
    lonely: httpx.AsyncClient,
    bearer: Headers,
    changed: dict[str, Any],
    code: str,
    field: str,
) -> None:
    body = {
        "kind": "start_measure",
        "effect": "PAPER_DEFERRED",
        "district": "310106",
        "items": ["PTS_NEW"],
        "since": "2026-11-02",
        "reason": "减少人员到场",
        "reference": "公告",
    }
    answer = await lonely.post("/v1/orders", json=body | changed, headers=bearer("ja-s1"))
    problem = assert_problem(answer)
    assert (answer.status_code, problem["code"]) == (422, code)
    assert problem["errors"][0]["field"] == field
