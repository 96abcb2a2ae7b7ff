"""A ticket is joined only into one that will be answered, so that no demand is lost."""

import itertools
from typing import Any

from tests.api.live import Backend
from tests.api.test_problems import assert_problem

_numbers = itertools.count(1)


async def ticket(backend: Backend, district: str = "310106") -> str:
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
    return str(opened.json()["case_no"])


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
    assert await joined(backend, second, first, dry_run=True) == ""
    assert await joined(backend, second, first) == ""


async def test_two_are_not_joined_into_each_other(backend: Backend) -> None:
    """Nobody would answer either."""
    first, second, third = [await ticket(backend) for _ in range(3)]
    assert await joined(backend, second, first) == ""
    assert await joined(backend, first, second) == "TICKET_UNKNOWN"
    assert await joined(backend, third, second) == "TICKET_UNKNOWN"
    assert await joined(backend, third, first) == ""
