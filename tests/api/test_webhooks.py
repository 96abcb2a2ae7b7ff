"""Webhooks over HTTP: who may have one, what it may ask for, and that it tells."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from casework.outside import Receivers, UnavailableError
from casework.settings import Settings
from tests.activities.receiver import GONE, Receiver, receiving
from tests.api.live import Backend
from tests.api.test_problems import assert_problem

PATH = "/v1/webhooks"
UNDELIVERED = "/v1/undelivered-events"


async def _subscribed(backend: Backend, url: str, **more: Any) -> str:
    """A webhook that somebody has approved."""
    answer = await backend.post("backend", PATH, {"url": url} | more)
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "proposed"
    number = str(answer.json()["id"])
    for _ in range(2):
        approved = await backend.post("sh-u1", f"{PATH}/{number}/approve")
        assert approved.json()["status"] == "active", approved.text
    again = await backend.post("backend", PATH, {"url": url} | more)
    assert (again.status_code, again.json()["status"]) == (200, "active")
    return number


async def _until(receiver: Receiver, there: Callable[[], bool]) -> None:
    """Wait until the receiver has it."""
    async with asyncio.timeout(30):
        while not there():
            await asyncio.sleep(0.02)


async def test_a_system_is_told_of_its_cases_until_it_wants_no_more(backend: Backend) -> None:
    async with receiving() as receiver:
        number = await _subscribed(backend, receiver.url)
        pinged = await backend.post("backend", f"{PATH}/{number}/ping")
        assert pinged.status_code == 202, pinged.text
        await _until(receiver, lambda: bool(receiver.took))
        assert receiver.took.pop()["type"] == "casework.ping"
        receiver.plan.append("fails")
        case_no = await backend.case()
        await _until(receiver, lambda: bool(receiver.took))
        first = receiver.took[0]
        assert (first["subject"], first["type"]) == (case_no, "casework.case.submitted")
        taken = {event["id"] for event in receiver.took}
        receiver.refusing |= {f"{case_no}:{seq}" for seq in range(50)} - taken
        done = await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
        assert done.is_success, done.text
        refused: list[Any] = []
        async with asyncio.timeout(30):
            while not refused:
                answer = await backend.get("backend", f"{PATH}/{number}/refused")
                refused = answer.json()["items"]
        receiver.refusing.clear()
        again = await backend.post("backend", f"{PATH}/{number}/redelivery", {"case_no": case_no})
        assert again.json() == {"events": len(refused)}
        await _until(receiver, lambda: len(receiver.took) >= len(taken) + len(refused))
        resumed = await backend.post("sh-u1", f"{PATH}/{number}/resume")
        assert resumed.json()["status"] == "active"
        ended = await backend.post("backend", f"{PATH}/{number}/end")
        assert ended.json()["status"] == "ended"
        refusal = assert_problem(await backend.post("backend", f"{PATH}/{number}/ping"))
        assert refusal["code"] == "WEBHOOK_STATUS"


async def test_a_refused_event_is_in_the_work_list_of_who_sees_to_webhooks(
    backend: Backend,
) -> None:
    async with receiving() as receiver:
        number = await _subscribed(backend, receiver.url)
        case_no = await backend.case()
        await _until(receiver, lambda: bool(receiver.took))
        receiver.refusing |= {f"{case_no}:{seq}" for seq in range(50)}
        done = await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
        assert done.is_success, done.text
        task = await _task_of(backend, case_no)
        assert (task["kind_label"], task["about"]) == ("处理未送达的变化", "backend")
        assert (task["may_do"], task["holder"], task["role"]) == (True, "sh-u1", "superior")
        listed = (await backend.get("sh-u1", "/v1/tasks", total="true", size="200")).json()
        assert listed["total"] == len(listed["items"])
        for by in ("ja-o1", "ja-s1", "backend"):
            shown = (await backend.get(by, "/v1/tasks", district="310106", size="200")).json()
            assert not [each for each in shown["items"] if each["kind"] == "undelivered"], by
        asked = {"case_no": case_no, "open": "true"}
        for by in ("sh-u1", "backend"):
            (shown,) = (await backend.get(by, UNDELIVERED, **asked)).json()["items"]
            assert shown["webhook"] == number
        assert (shown["problem_label"], shown["outcome"]) == ("接收方答：不能处理（422）", "")
        assert shown["title"]
        refused = await backend.get("ja-s1", UNDELIVERED)
        assert assert_problem(refused)["code"] == "ROLE_NOT_ALLOWED"
        sheet = await backend.get("sh-u1", UNDELIVERED, format="csv", **asked)
        assert case_no in sheet.text
        page = await backend.get("sh-u1", "/desk/tasks", kind="undelivered")
        assert f"/desk/lists/undelivered?open=true&amp;case_no={case_no}" in page.text
        page = await backend.get("sh-u1", "/desk/lists/undelivered", **asked)
        assert f"{number}/set-aside?case_no={case_no}&amp;seq={shown['seq']}" in page.text
        form = await backend.get(
            "sh-u1", f"/desk/lists/webhooks/{number}/set-aside", case_no=case_no, seq=shown["seq"]
        )
        assert "不再推送的理由" in form.text
        path = f"{PATH}/{number}/set-aside"
        body = {"case_no": case_no, "seq": shown["seq"], "reason": "对方已停用", "behind": True}
        wrong = await backend.post("sh-u1", path, body | {"seq": shown["seq"] + 1})
        assert assert_problem(wrong)["code"] == "EVENT_NOT_REFUSED"
        aside = await backend.post("sh-u1", path, body)
        assert aside.json()["events"] == shown["behind"] + 1, aside.text
        (shown,) = (
            await backend.get("backend", UNDELIVERED, case_no=case_no, size="1", open="false")
        ).json()["items"]
        assert (shown["outcome_label"], shown["reason"]) == ("不再推送", "对方已停用")
        tasks = (await backend.get("sh-u1", "/v1/tasks", size="200")).json()["items"]
        assert not [each for each in tasks if each["case_no"] == case_no]
        await backend.post("backend", f"{PATH}/{number}/end")


async def test_a_webhook_that_pauses_is_in_the_work_list_until_it_goes_on(
    backend: Backend,
) -> None:
    async with receiving() as receiver:
        number = await _subscribed(backend, receiver.url)
        receiver.plan.append(GONE)
        case_no = await backend.case()
        task = await _task_of(backend, case_no)
        assert (task["may_do"], task["holder"], task["about"]) == (True, "sh-u1", "backend")
        asked = {"case_no": case_no, "open": "true"}
        for by in ("sh-u1", "backend"):
            (shown,) = (await backend.get(by, UNDELIVERED, **asked)).json()["items"]
            assert (shown["webhook_status_label"], shown["again"]) == ("已暂停", True)
            assert shown["problem_label"] == "接收方答：不再接收（410）"
        known = (await backend.get("sh-u1", f"{PATH}/{number}")).json()
        assert (known["status"], known["problem_label"]) == ("paused", shown["problem_label"])
        page = await backend.get("sh-u1", "/desk/lists/undelivered", **asked)
        place = f"/desk/lists/webhooks/{number}/resume"
        assert place in page.text
        assert "恢复推送" in (await backend.get("sh-u1", place)).text
        assert not receiver.took
        resumed = await backend.post("sh-u1", f"{PATH}/{number}/resume")
        assert resumed.json()["status"] == "active"
        await _until(receiver, lambda: bool(receiver.took))
        assert receiver.took[0]["id"] == f"{case_no}:{shown['seq']}"
        async with asyncio.timeout(30):
            while (await backend.get("backend", UNDELIVERED, **asked)).json()["items"]:
                await asyncio.sleep(0.02)
        tasks = (await backend.get("sh-u1", "/v1/tasks", size="200")).json()["items"]
        assert not [each for each in tasks if each["kind"] == "undelivered"]
        await backend.post("backend", f"{PATH}/{number}/end")


@pytest.mark.parametrize("event", ["accepted ", "no_such_event", "note_added"])
async def test_a_webhook_for_what_is_never_told_is_refused(backend: Backend, event: str) -> None:
    body = {"url": "https://localhost/", "events": ["accepted", event]}
    problem = assert_problem(await backend.post("backend", PATH, body))
    assert {each["field"].partition(".")[0] for each in problem["errors"]} == {"events"}


async def _task_of(backend: Backend, case_no: str) -> Any:
    """The task about what is refused of a case, once it is there."""
    async with asyncio.timeout(30):
        while True:
            listed = (await backend.get("sh-u1", "/v1/tasks", size="200")).json()["items"]
            mine = [each for each in listed if each["case_no"] == case_no]
            if found := [each for each in mine if each["kind"] == "undelivered"]:
                return found[0]
            await asyncio.sleep(0.02)


async def test_webhooks_are_for_systems_and_each_sees_its_own(backend: Backend) -> None:
    async with receiving() as receiver:
        number = await _subscribed(backend, receiver.url)
        listed = (await backend.get("backend", PATH)).json()["items"]
        assert number in {each["id"] for each in listed}
        assert (await backend.get("sh-u1", f"{PATH}/{number}")).json()["system"] == "backend"
        for by in ("ja-o1", "ja-s1", "applicant"):
            for answer in (
                await backend.post(by, PATH, {"url": receiver.url}),
                await backend.get(by, PATH),
                await backend.post(by, f"{PATH}/{number}/approve"),
            ):
                assert assert_problem(answer)["code"] == "ROLE_NOT_ALLOWED", (by, answer.url)
        itself = await backend.post("backend", f"{PATH}/{number}/approve")
        assert assert_problem(itself)["code"] == "ROLE_NOT_ALLOWED"
        unbound = await backend.get("courier", f"{PATH}/{number}")
        assert assert_problem(unbound)["code"] == "SYSTEM_NOT_BOUND"
        unknown = await backend.get("backend", f"{PATH}/wh-0")
        assert assert_problem(unknown)["code"] == "WEBHOOK_NOT_FOUND"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://169.254.169.254/", "URL_NOT_ALLOWED"),
        ("http://example.com/", "URL_NOT_HTTPS"),
        ("https://user@localhost/", "URL_INVALID"),
        ("https://localhost/#a", "URL_INVALID"),
        ("ftp://localhost/", "URL_NOT_HTTPS"),
        ("https://[::1", "URL_INVALID"),
        ("x", "URL_INVALID"),
        ("https://2130706433/", "URL_NOT_ALLOWED"),
        ("https://0x7f000001/", "URL_NOT_ALLOWED"),
        ("https://0177.0.0.1/", "URL_INVALID"),
        ("https://[::ffff:127.0.0.1]/", "URL_NOT_ALLOWED"),
        ("https://[::ffff:7f00:1]/", "URL_NOT_ALLOWED"),
        ("https://localhost.evil.example/", "URL_NOT_ALLOWED"),
        ("https://evil.example/localhost", "URL_NOT_ALLOWED"),
        ("https://evil.example?localhost", "URL_NOT_ALLOWED"),
        ("https://:pw@localhost/", "URL_INVALID"),
        ("https://localhost%2eevil.example/", "URL_NOT_ALLOWED"),
        ("HTTP://localhost.evil.example/", "URL_NOT_HTTPS"),
        ("file:///etc/passwd", "URL_INVALID"),
        ("gopher://localhost/", "URL_NOT_HTTPS"),
    ],
)
async def test_a_webhook_goes_only_where_it_may(backend: Backend, url: str, code: str) -> None:
    answer = await backend.post("backend", PATH, {"url": url})
    problem = assert_problem(answer)
    assert ([each["field"] for each in problem["errors"]], problem["code"]) == (["url"], code)


async def test_the_keys_are_for_everybody(backend: Backend) -> None:
    answer = await backend.http.get("/v1/webhook-keys")
    assert answer.status_code == 200
    keys = answer.json()["keys"]
    assert [key["use"] for key in keys] == ["sig", "sig"]
    assert not any("d" in key for key in keys)


def test_the_hosts_of_production_are_named_and_public() -> None:
    assert not Receivers.of(Settings(environment="production")).hosts
    some = Receivers(
        hosts=("a.example", "b.example:8443", ".c.example", "xn--zfr164b.example", ".公益.example")
    )
    for url, allowed in {
        "https://a.example/": True,
        "https://A.example:9443/": True,
        "https://b.example/": False,
        "https://b.example:8443/": True,
        "https://x.c.example/": True,
        "https://c.example/": False,
        "https://xc.example/": False,
        "https://a.example.evil/": False,
        "https://政务.example/": True,
        "https://xn--zfr164b.example/": True,
        "https://上海.公益.example/": True,
        "https://公益.example/": False,
        "http://a.example/": False,
        "https://a.example./": False,
        "https://evil.example#.c.example": False,
        "https://evil.example/.c.example": False,
        "https://a.example@evil.example/": False,
        "https://evil.example\\@a.example/": False,
        "https://a.example\\.evil.example/": False,
        "https://a.example\n.evil.example/": False,
        "https://ａ.example/": False,
    }.items():
        assert (some.problem(url) == "") is allowed, url


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1", "::1",
        "::ffff:10.1.2.3", "::ffff:7f00:1", "::127.0.0.1", "::", "fec0::1", "192.0.0.170",
        "198.18.0.1", "240.0.0.1", "255.255.255.255", "fe80::1%eth0", "fc00::1",
        "64:ff9b::a01:203", "64:ff9b:1::a01:203", "2002:a01:203::1",
    ],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_not_followed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ["93.184.216.34", address]

    async def resolved(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (each, 443)) for each in found]

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", resolved)
    outside = Receivers(hosts=("a.example",))
    with pytest.raises(UnavailableError, match="address_not_allowed"):
        await outside.address(httpx.URL("https://a.example/"))
    found.pop()
    assert await outside.address(httpx.URL("https://a.example/")) == found[0]
