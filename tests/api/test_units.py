"""Units over HTTP: one mailbox each, confirmed by a second person, changed by two."""

import itertools
from typing import Any

import httpx
from stdnum.cn import uscc

from tests.api.live import Backend
from tests.api.test_problems import assert_problem

PLACE = "/v1/units"
_numbers = itertools.count(1)


def unit(**said: Any) -> dict[str, Any]:
    number = next(_numbers)
    body = f"91310106MA1FY{number:04}"
    return {
        "credit_code": body + uscc.calc_check_digit(body),
        "name": f"某某人寿第{number}分公司",
        "short_names": [f"某某人寿{number}"],
        "mailbox": f"HR-{number}@firm.example.com",
        "contact": "赵女士",
        "phone": "021-64000000",
        **said,
    }


async def proposed(backend: Backend, body: dict[str, Any], who: str = "ja-o1") -> httpx.Response:
    return await backend.post(who, PLACE, body, key=f"unit-{next(_numbers)}")


async def in_force(backend: Backend, body: dict[str, Any]) -> str:
    known = (await proposed(backend, body)).json()["id"]
    approved = await backend.post("ja-o2", f"{PLACE}/{known}/approve", {})
    assert approved.json()["status"] == "in_force", approved.text
    return str(known)


async def test_a_registration_is_confirmed_by_another_person(backend: Backend) -> None:
    body = unit()
    first = await backend.post("ja-o1", PLACE, body, key="unit-first")
    assert first.status_code == 201, first.text
    again = await backend.post("ja-o1", PLACE, body, key="unit-first")
    assert (again.status_code, again.json()) == (200, first.json())
    other = await backend.post("ja-o1", PLACE, unit(), key="unit-first")
    assert assert_problem(other)["code"] == "KEY_REUSED"
    way = f"{PLACE}/{first.json()['id']}"
    for who, code in (
        ("ja-o1", "FOUR_EYES"),
        ("xh-o1", "OTHER_DISTRICT"),
        ("ja-h1", "ROLE_NOT_ALLOWED"),
    ):
        refused = await backend.post(who, f"{way}/approve", {})
        assert assert_problem(refused)["code"] == code, who
    approved = await backend.post("ja-r1", f"{way}/approve", {"reason": "与执照一致"})
    assert (approved.json()["status"], approved.json()["decided_by"]) == ("in_force", "ja-r1")
    repeated = await backend.post("ja-r1", f"{way}/approve", {"reason": "与执照一致"})
    assert repeated.json() == approved.json()
    late = await backend.post("ja-o2", f"{way}/reject", {"reason": "迟了"})
    assert assert_problem(late)["code"] == "UNIT_DECIDED"


async def test_a_second_mailbox_is_refused_and_a_change_takes_two(backend: Backend) -> None:
    body = unit()
    known = await in_force(backend, body)
    second = body | {"mailbox": "second@firm.example.com"}
    assert assert_problem(await proposed(backend, second))["code"] == "SECOND_MAILBOX"
    taken = unit(mailbox=body["mailbox"].lower())
    assert assert_problem(await proposed(backend, taken))["code"] == "MAILBOX_TAKEN"
    elsewhere = await backend.post("xh-o1", PLACE, second, key=f"unit-{next(_numbers)}")
    assert elsewhere.status_code == 201, "another district has its own register"
    change = second | {"replaces": known, "reason": "人事岗位调整，见变更申请"}
    changed = (await proposed(backend, change)).json()["id"]
    assert assert_problem(await proposed(backend, change, "ja-o2"))["code"] == "UNIT_PROPOSED"
    still = await backend.get("ja-o1", f"{PLACE}/{known}")
    assert still.json()["status"] == "in_force", "until somebody else has confirmed"
    alone = await backend.post("ja-o1", f"{PLACE}/{changed}/approve", {})
    assert assert_problem(alone)["code"] == "FOUR_EYES"
    await backend.post("ja-o2", f"{PLACE}/{changed}/approve", {})
    statuses = {
        each["id"]: each["status"]
        for each in (
            await backend.get("ja-o1", PLACE, credit_code=body["credit_code"].lower())
        ).json()["items"]
    }
    assert statuses == {known: "replaced", changed: "in_force"}
    outdated = await proposed(backend, change | {"mailbox": "third@firm.example.com"})
    assert assert_problem(outdated)["code"] == "UNIT_CHANGED"
    ended = await backend.post("ja-o1", f"{PLACE}/{changed}/end", {"reason": "单位已注销"})
    assert ended.json()["status"] == "ended"
    assert (await proposed(backend, second)).status_code == 201, "anew, with a second person"


async def test_who_is_to_be_called_is_masked_and_seeing_it_is_noted(backend: Backend) -> None:
    known = await in_force(backend, unit())
    (shown,) = [
        each
        for each in (await backend.get("ja-s1", PLACE, status="in_force")).json()["items"]
        if each["id"] == known
    ]
    assert (shown["contact"], shown["phone"][3:-4]) == ("赵**", "*" * 5)
    assert shown["mailbox"].startswith("h***@")
    detail = (await backend.get("ja-r1", f"{PLACE}/{known}")).json()
    assert detail["mailbox"].startswith("hr-")
    reason = {"reason": "电话核对"}
    told = await backend.post("ja-o1", f"{PLACE}/{known}/disclosure", reason)
    assert told.json() == {"id": known, "contact": "赵女士", "phone": "021-64000000"}
    noted = await backend.get("ja-s1", "/v1/accesses")
    assert any(
        (each["case_no"], each["actor"], each["what"]) == (known, "ja-o1", "disclose")
        for each in noted.json()["items"]
    )
    unknown = await backend.get("ja-o1", f"{PLACE}/DW-0000-0000-0000")
    assert assert_problem(unknown)["code"] == "UNIT_NOT_FOUND"
