"""A ticket is joined only into one that will be answered, so that no demand is lost."""

import itertools
from typing import Any

from tests.api.live import Backend
from tests.api.test_problems import assert_problem

_numbers = itertools.count(1)


async def ticket(backend: Backend, district: str = "310106", *, signed: bool = True) -> str:
    """The number of a new anonymous ticket of the hotline."""
    body = {
        "district": district,
        "source": "hotline-12345",
        "reference": f"W-{next(_numbers)}",
        "came_by": "hotline_12345",
        "subject_matter": "申请没有回音",
    }
    opened = await backend.post("hotline", "/v1/tickets", body)
    assert opened.status_code == 201, opened.text
    case_no = str(opened.json()["case_no"])
    if signed:
        officer = {"310106": "ja-o1", "310104": "xh-o1"}[district]
        done = await backend.post(officer, f"/v1/tickets/{case_no}/sign-ticket")
        assert done.is_success, done.text
    return case_no


async def joined(backend: Backend, case_no: str, into: str, **asked: Any) -> str:
    """The code of the refusal, if joining one into another is refused."""
    answer = await backend.http.post(
        f"/v1/tickets/{case_no}/join-ticket",
        params=asked,
        json={"into": into, "reason": "同一诉求人就同一事项再次来电"},
        headers=backend.bearer("ja-o1"),
    )
    return "" if answer.is_success else str(assert_problem(answer)["code"])


async def test_it_is_joined_into_another_ticket_of_the_district(backend: Backend) -> None:
    first, second, elsewhere = [
        await ticket(backend, district) for district in ("310106", "310106", "310104")
    ]
    application = await backend.case()
    for into in ("310106-4A2J-5S06-9FJR", elsewhere, application, "ZL-4A2J-5S06-9FJR", "一号"):
        for asked in ({"dry_run": True}, {}):
            assert await joined(backend, second, into, **asked) == "TICKET_UNKNOWN", into
    assert await joined(backend, second, second) == "SAME_CASE"
    assert await joined(backend, first, second) == "TICKET_UNKNOWN", "the earlier one is answered"
    unsigned = await ticket(backend, signed=False)
    late = await ticket(backend)
    assert await joined(backend, late, unsigned) == "TICKET_UNKNOWN", "it may be sent back yet"
    assert await joined(backend, second, first, dry_run=True) == ""
    assert await joined(backend, second, first) == ""


async def test_two_are_not_joined_into_each_other(backend: Backend) -> None:
    """Nobody would answer either."""
    first, second, third = [await ticket(backend) for _ in range(3)]
    assert await joined(backend, second, first) == ""
    assert await joined(backend, first, second) == "TICKET_UNKNOWN"
    assert await joined(backend, third, second) == "TICKET_UNKNOWN"
    assert await joined(backend, third, first) == ""


async def test_the_hotline_dispatches_once_and_returns_what_was_answered(backend: Backend) -> None:
    body = {
        "district": "310106",
        "reference": f"W-{next(_numbers)}",
        "came_by": "hotline_12345",
        "subject_matter": "申请没有回音",
    }
    dispatched = [await backend.post("hotline", "/v1/tickets", body) for _ in range(2)]
    assert [each.status_code for each in dispatched] == [201, 200]
    case_no = dispatched[0].json()["case_no"]
    assert dispatched[1].json()["case_no"] == case_no
    answer = {"resolution": "resolved", "answer": "积分通知书已可自行打印"}
    for verb, said in (("sign-ticket", {}), ("answer-ticket", answer)):
        done = await backend.post("ja-o1", f"/v1/tickets/{case_no}/{verb}", said)
        assert done.status_code == 200, done.text
    told = {"case_no": case_no, "outcome": "hotline_returned", "reasons": "未回应第二个问题"}
    for who, code in (("superior-system", "SYSTEM_NOT_BOUND"), ("ja-o1", "ROLE_NOT_ALLOWED")):
        refused = await backend.post(who, "/v1/callbacks/hotline", told)
        assert assert_problem(refused)["code"] == code, who
    for _ in range(2):
        noted = await backend.post("hotline", "/v1/callbacks/hotline", told, key=f"R-{case_no}")
        assert noted.status_code == 202, noted.text
    again = await backend.post("ja-o1", f"/v1/tickets/{case_no}/answer-ticket", answer)
    assert again.status_code == 200, again.text
    shown = (await backend.get("ja-o1", f"/v1/tickets/{case_no}")).json()
    assert [each["round"] for each in shown["ticket_replies"]] == [1, 2]


async def counted(backend: Backend, address: str) -> list[dict[str, Any]]:
    """What is behind the address of a figure; ``Backend.get`` would drop its question."""
    answer = await backend.http.get(address, headers=backend.bearer("xh-s1"))
    assert answer.is_success, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_each_figure_opens_its_tickets(backend: Backend) -> None:
    opened = await ticket(backend, "310104")
    answer = {"resolution": "resolved", "answer": "已办理"}
    await backend.post("xh-o1", f"/v1/tickets/{opened}/answer-ticket", answer)
    waiting = await ticket(backend, "310104", signed=False)
    found = await backend.get("xh-s1", "/v1/figures/tickets")
    assert found.status_code == 200, found.text
    (district,) = found.json()["districts"]
    assert district["district"] == "310104"
    for each in (*found.json()["figures"], *district["figures"]):
        for part in ("part", "whole"):
            listed = await counted(backend, each[f"{part}_cases"])
            assert sum(row["times"] for row in listed) == each[part], each
    answered = found.json()["figures"][0]
    assert (answered["line"], answered["part"], answered["whole"]) == ("answered", 1, 2)
    listed = await counted(backend, answered["whole_cases"])
    assert {row["case_no"] for row in listed} == {opened, waiting}
    refused = await backend.get("xh-o1", "/v1/figures/tickets")
    assert assert_problem(refused)["code"] == "ROLE_NOT_ALLOWED"
    late = await backend.get(
        "xh-s1", "/v1/figures/tickets", first_on="2026-01-02", last_on="2026-01-01"
    )
    assert assert_problem(late)["code"] == "DATE_OUT_OF_RANGE"
