"""An act by somebody who has said what they saw: done if nobody has acted since, else 412."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.registry import KINDS
from tests.api.live import Backend, Headers, Switch
from tests.api.test_problems import assert_problem
from tests.api.test_verbs import NOBODY, PASSED

NOTE = {"text": "已电话核对"}


async def act(
    backend: Backend, by: str, case_no: str, verb: str, tag: str, **body: Any
) -> httpx.Response:
    headers = backend.bearer(by) | {"If-Match": tag}
    path = f"/v1/applications/{case_no}/{verb}"
    return await backend.http.post(path, json=body, headers=headers)


def moved_on(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 412, answer.text
    more = {"seq", "events"}
    problem = assert_problem(answer, more)
    assert problem["code"] == "CASE_MOVED_ON"
    assert answer.headers["etag"] == f'"{problem["seq"]}"'
    return problem


async def tag_of(backend: Backend, case_no: str) -> str:
    answer = await backend.get("ja-o1", f"/v1/cases/{case_no}")
    assert answer.headers["etag"].startswith(f'"{answer.json()["last_seq"]}-')
    return answer.headers["etag"]


async def test_what_was_seen_is_done_once_and_the_events_between_are_told(
    backend: Backend,
) -> None:
    case_no = await backend.case()
    tag = await tag_of(backend, case_no)

    passed = await act(backend, "ja-o1", case_no, "pre-review", tag, **PASSED)
    assert passed.status_code == 200, passed.text
    before = await backend.titles(case_no)
    late = moved_on(await act(backend, "ja-o1", case_no, "withdraw", tag, reason="申请人不办了"))

    assert [(each["kind"], each["actor"]) for each in late["events"]] == [
        ("pre_review_passed", "ja-o1")
    ]
    assert await backend.titles(case_no) == before
    again = await act(backend, "ja-o1", case_no, "accept", f'"{late["seq"]}"')
    assert again.status_code == 200, again.text


async def test_what_the_caller_may_not_read_is_not_among_them(backend: Backend) -> None:
    case_no = await backend.case()
    tag = await tag_of(backend, case_no)
    await backend.do("ja-o1", case_no, "add-note", **NOTE)

    inside = moved_on(await act(backend, "ja-o1", case_no, "withdraw", tag, reason="不办了"))
    outside = moved_on(await act(backend, "backend", case_no, "withdraw", tag, reason="不办了"))

    assert [each["kind"] for each in inside["events"]] == ["note_added"]
    assert outside["events"] == []


async def test_who_may_not_hears_that_and_not_what_has_happened(backend: Backend) -> None:
    case_no = await backend.case()
    answer = await act(backend, "mh-o1", case_no, "pre-review", '"0"', **PASSED)
    assert (answer.status_code, assert_problem(answer)["code"]) == (403, "OTHER_DISTRICT")
    none = await act(backend, "ja-o1", NOBODY, "pre-review", '"0"', **PASSED)
    assert (none.status_code, assert_problem(none)["code"]) == (404, "CASE_NOT_FOUND")


async def test_of_two_who_saw_the_same_one_acts(backend: Backend) -> None:
    case_no = await backend.case()
    tag = await tag_of(backend, case_no)

    answers = await asyncio.gather(
        *(act(backend, by, case_no, "add-note", tag, **NOTE) for by in ("ja-o1", "ja-r1") * 3)
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 5]
    assert await backend.titles(case_no) == ["submitted", "note_added"]
    for answer in answers:
        if answer.status_code == 412:
            assert [each["kind"] for each in moved_on(answer)["events"]] == ["note_added"]


async def test_the_case_orders_them_even_while_one_still_looks_something_up(
    backend: Backend, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_no = await backend.case()
    tag = await tag_of(backend, case_no)
    looks, writes = asyncio.Event(), asyncio.Event()
    read, write = Switch.__call__, Switch.begin

    def reading(self: Switch) -> AsyncSession:
        if self.away:
            looks.set()
            raise ConnectionRefusedError("the register is away")
        return read(self)

    def writing(self: Switch) -> Any:
        if self.away:
            writes.set()
        return write(self)

    monkeypatch.setattr(Switch, "__call__", reading)
    monkeypatch.setattr(Switch, "begin", writing)
    switch.away = True
    looking = asyncio.create_task(act(backend, "ja-o1", case_no, "pre-review", tag, **PASSED))
    await looks.wait()  # it has been let in, and reads what is in force
    noted = asyncio.create_task(act(backend, "ja-r1", case_no, "add-note", tag, **NOTE))
    await writes.wait()  # it is decided
    switch.away = False

    assert (await noted).status_code == 200
    assert [each["kind"] for each in moved_on(await looking)["events"]] == ["note_added"]
    assert await backend.titles(case_no) == ["submitted", "note_added"]


async def test_a_key_is_answered_as_before_whatever_has_been_seen_since(backend: Backend) -> None:
    case_no = await backend.case()
    tag = await tag_of(backend, case_no)
    headers = backend.bearer("ja-o1") | {"Idempotency-Key": "seen-1"}
    path = f"/v1/applications/{case_no}/pre-review"

    answers = [
        await backend.http.post(path, json=PASSED, headers=headers | {"If-Match": each})
        for each in (tag, tag, "*", '"99"')
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(
    "tag", ["7", 'W/"7"', '"7", "8"', '""', '"x"', "null", '"-1"', '"1234567"']
)
async def test_what_is_no_tag_is_told_so(
    lonely: httpx.AsyncClient, bearer: Headers, tag: str
) -> None:
    headers = bearer("ja-o1") | {"If-Match": tag}
    answer = await lonely.post(f"/v1/applications/{NOBODY}/accept", json={}, headers=headers)

    problem = assert_problem(answer)
    assert (answer.status_code, problem["code"]) == (400, "IF_MATCH_INVALID")
    assert "ETag" in problem["detail"]


def test_each_verb_of_each_kind_takes_it(lonely_app: FastAPI) -> None:
    document = lonely_app.openapi()
    paths = {kind.path: kind for kind in KINDS.values()}
    acts = [
        (path, operation)
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if "If-Match" in {each["name"] for each in operation.get("parameters", ())}
    ]
    verbs = sum(len(set(kind.verbs) - kind.unsaid) for kind in paths.values())
    assert len(acts) == verbs
    assert all({"400", "412"} <= operation["responses"].keys() for _, operation in acts)
