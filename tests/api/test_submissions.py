"""Many cases at once: each line as if it were alone, again and again the same case."""

import json
from typing import Any

import httpx
import pytest

from api.access import caller
from tests.api.live import Backend
from tests.api.test_problems import assert_problem

PATH = "/v1/submissions"


async def _sent(backend: Backend, *lines: object, by: str = "backend") -> list[dict[str, Any]]:
    content = b"\n".join(
        each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines
    )
    answer = await backend.http.post(PATH, content=content, headers=backend.bearer(by))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.content.splitlines()]


async def test_each_line_is_answered_as_if_it_were_alone(backend: Backend) -> None:
    bodies = [await backend.submission() for _ in range(3)]
    wrong = bodies[0] | {"source": "elsewhere"}
    answers = await _sent(backend, *bodies, b"{", {"district": "1"}, wrong)
    assert [each["line"] for each in answers] == list(range(1, 7))
    assert [each["status"] for each in answers] == [201, 201, 201, 422, 422, 403]
    assert "第 2 个字符" in answers[3]["body"]["detail"]
    assert {each["field"] for each in answers[4]["body"]["errors"]} >= {"district", "item"}
    assert answers[5]["body"]["code"] == "OTHER_SOURCE"
    changed = bodies[1] | {"claims": {}}
    again = await _sent(backend, bodies[0], changed, bodies[2])
    assert [each["status"] for each in again] == [200, 409, 200]
    assert [again[0]["body"], again[2]["body"]] == [answers[0]["body"], answers[2]["body"]]


async def test_a_file_of_any_make_is_taken(backend: Backend) -> None:
    first, second = [await backend.submission() for _ in range(2)]
    broken = json.dumps(first).encode().replace(b'"online"', b'"\xff"')
    lines = [b"\xef\xbb\xbf" + json.dumps(first).encode(), b"", b"   ", broken]
    lines += [json.dumps(each, ensure_ascii=False).encode() for each in (second, first, second)]
    content = b"\r\n".join([*lines, b"", b""])
    answer = await backend.http.post(PATH, content=content, headers=backend.bearer("backend"))
    answers = [json.loads(line) for line in answer.content.splitlines()]
    assert [each["line"] for each in answers] == [1, 4, 5, 6, 7]
    opened, unread, *again = answers
    assert unread["status"] == 400
    # Lines are filed side by side: which of two equal ones is the first is nobody's to say.
    assert sorted(each["status"] for each in (opened, *again)) == [200, 200, 201, 201]
    numbers = {each["body"]["case_no"] for each in (opened, *again)}
    assert len(numbers) == 2


async def test_a_system_asks_for_many_of_its_cases_by_its_own_numbers(backend: Backend) -> None:
    bodies = [await backend.submission() for _ in range(2)]
    opened = await _sent(backend, *bodies)
    wanted = [body["reference"] for body in reversed(bodies)] + ["unknown"]
    answer = await backend.post("backend", "/v1/cases/by-reference", {"references": wanted})
    items = answer.json()["items"]
    assert [each["reference"] for each in items] == wanted
    numbers = [[case["case_no"] for case in each["cases"]] for each in items]
    assert numbers == [[each["body"]["case_no"]] for each in reversed(opened)] + [[]]
    elsewhere = await backend.post(
        "backend", "/v1/cases/by-reference", {"references": wanted, "source": "talent-app"}
    )
    assert not any(each["cases"] for each in elsewhere.json()["items"])
    hidden = await backend.post("applicant", "/v1/cases/by-reference", {"references": ["T-999999"]})
    assert hidden.json()["items"] == [{"reference": "T-999999", "cases": []}]
    many = await backend.post(
        "backend", "/v1/cases/by-reference", {"references": [str(n) for n in range(201)]}
    )
    assert many.status_code == 422


async def test_two_hundred_references_of_many_owners_are_answered_each_in_its_place(
    backend: Backend,
) -> None:
    bodies = [await backend.submission() for _ in range(2)]
    first, second = [each["body"]["case_no"] for each in await _sent(backend, *bodies)]
    ticket = {
        "district": "310106",
        "source": "hotline-12345",
        "reference": "bulk-0001",
        "came_by": "hotline_12345",
        "subject_matter": "积分申请提交两周未有回音",
        "caller": {"name": "张三", "phone": "13800000000"},
    }
    theirs = (await backend.post("hotline", "/v1/tickets", ticket)).json()["case_no"]
    own = [body["reference"] for body in bodies]
    asked = [own[0], "bulk-0001", own[1], own[0], *(f"没有，{n}" for n in range(196))]
    seen = {"backend": {first, second}, "hotline": {theirs}, "sh-u1": {first, second, theirs}}
    for by, cases in seen.items():
        answer = await backend.post(by, "/v1/cases/by-reference", {"references": asked})
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        assert [each["reference"] for each in items] == asked
        told = [[case["case_no"] for case in each["cases"]] for each in items]
        expected = [[each] * (each in cases) for each in (first, theirs, second, first)]
        assert told == [*expected, *[[]] * 196], by
    for wrong in ([], [*asked, "x"], ["x\0"], ["x" * 101]):
        answer = await backend.post("backend", "/v1/cases/by-reference", {"references": wrong})
        assert answer.status_code == 422
        errors = assert_problem(answer)["errors"]
        assert errors
        assert all(each["field"].startswith("references") and each["detail"] for each in errors)


async def test_a_file_whose_token_runs_out_midway_is_not_asked_on(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, asked = caller._bearer_of, 0

    async def runs_out(token: str, here: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked > 5:
            raise caller.unauthenticated("令牌已过期")
        return await known(token, here)

    monkeypatch.setattr(caller, "_bearer_of", runs_out)
    answers = await _sent(backend, *[{"district": "1"}] * 60)
    assert [each["line"] for each in answers] == list(range(1, 61))
    statuses = [each["status"] for each in answers]
    assert (statuses.count(422), statuses.count(401)) == (4, 56)
    assert {each["body"]["code"] for each in answers[8:]} == {"NOT_AUTHENTICATED"}
    assert asked <= 9  # the file itself, and the lines that were under way together


async def test_what_cannot_be_sent_is_said_at_once(backend: Backend) -> None:
    for content, asked in ((b"\n", {}), (b"{}\n" * 1001, {}), (b"{}", {"to": "nowhere"})):
        answer = await backend.http.post(
            PATH, content=content, params=asked, headers=backend.bearer("backend")
        )
        assert answer.status_code == 422
        assert_problem(answer)


async def test_who_has_an_answer_is_told_so(backend: Backend) -> None:
    case_no = await backend.case()
    for path in (f"/v1/cases/{case_no}", "/v1/cases", "/v1/guides/PTS_NEW?district=310106"):
        had = await _again(backend, path, "")
        tag = had.headers["etag"]
        for known in (f'"x", {tag}', f'"x,y",W/{tag}', f'W/{tag} , "x"', "*"):
            again = await _again(backend, path, known)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        for other in (tag.strip('"'), f'"{tag[1:-2]}"', 'W/"*"', '"', f'{tag[:-1]}x"'):
            assert (await _again(backend, path, other)).status_code == 200, other
        twice = [("If-None-Match", '"x"'), ("If-None-Match", tag)]
        headers = [*backend.bearer("ja-o1").items(), *twice]
        assert (await backend.http.get(path, headers=headers)).status_code == 304
    before = (await _again(backend, f"/v1/cases/{case_no}", "")).headers["etag"]
    acted = await backend.http.post(
        f"/v1/applications/{case_no}/pre-review",
        json={"outcome": "passed"},
        headers=backend.bearer("ja-o1") | {"If-Match": before},
    )
    assert acted.status_code == 200, acted.text
    assert (await _again(backend, f"/v1/cases/{case_no}", before)).status_code == 200


async def _again(backend: Backend, path: str, tag: str) -> httpx.Response:
    headers = backend.bearer("ja-o1") | ({"If-None-Match": tag} if tag else {})
    return await backend.http.get(path, headers=headers)


async def test_a_list_is_narrowed_to_what_has_happened_since(backend: Backend) -> None:
    first, second = await backend.case(), await backend.case()
    events = (await backend.get("ja-o1", f"/v1/cases/{second}/timeline")).json()["items"]
    assert events
    since = (await backend.get("backend", "/v1/cases", updated_since="2000-01-01T00:00:00Z")).json()
    assert {first, second} <= {each["case_no"] for each in since["items"]}
    later = await backend.get("backend", "/v1/cases", updated_since="2999-01-01T00:00:00Z")
    assert later.json()["items"] == []
    for path in ("/v1/applications", "/v1/talents", "/v1/requests", "/v1/rounds", "/v1/tickets"):
        shown = (await backend.get("sh-u1", path, size="200")).json()["items"]
        since = await backend.get("sh-u1", path, size="200", updated_since="2000-01-01T00:00:00Z")
        assert since.json()["items"] == shown, path
        later = await backend.get("sh-u1", path, updated_since="2999-01-01T00:00:00Z")
        assert later.json()["items"] == [], path


async def test_an_officer_has_the_due_dates_as_a_calendar(backend: Backend) -> None:
    case_no = await backend.case()
    own = "/v1/me/due-calendar"
    assert (await backend.get("ja-o1", own)).json() == {"url": None, "made_at": None}
    url = (await backend.post("ja-o1", own)).json()["url"]
    secret = url.rpartition("/")[2]
    calendar = await backend.http.get(f"/v1/due-calendars/{secret}")
    assert calendar.status_code == 200
    assert calendar.headers["content-type"] == "text/calendar; charset=utf-8"
    tag = {"If-None-Match": calendar.headers["etag"]}
    same = await backend.http.get(f"/v1/due-calendars/{secret}", headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    shown = calendar.text.replace("\r\n ", "")
    assert shown.startswith("BEGIN:VCALENDAR\r\n")
    assert case_no in shown
    assert "张三" not in shown
    assert "ja-o1" not in shown
    done = await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
    assert done.is_success, done.text
    changed = await backend.http.get(f"/v1/due-calendars/{secret}", headers=tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != calendar.headers["etag"]
    assert (await backend.get("ja-o1", own)).json()["url"] is None
    newer = (await backend.post("ja-o1", own)).json()["url"].rpartition("/")[2]
    assert (await backend.http.get(f"/v1/due-calendars/{secret}")).status_code == 404
    assert (await backend.http.get(f"/v1/due-calendars/{newer}")).status_code == 200
    await backend.post("ja-o1", f"{own}/revoke")
    gone = await backend.http.get(f"/v1/due-calendars/{newer}")
    assert assert_problem(gone)["code"] == "CALENDAR_NOT_FOUND"
    refused = await backend.post("applicant", own)
    assert assert_problem(refused)["code"] == "ROLE_NOT_ALLOWED"
