"""Webhooks over HTTP: who may have one, what it may ask for, and that it tells."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from casework.outside import Receivers, UnavailableError
from casework.settings import Settings
from tests.activities.receiver import Receiver, receiving
from tests.api.live import Backend
from tests.api.test_problems import assert_problem

PATH = "/v1/webhooks"


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
    some = Receivers(hosts=("a.example", "b.example:8443", ".c.example"))
    for url, allowed in {
        "https://a.example/": True,
        "https://A.example:9443/": True,
        "https://b.example/": False,
        "https://b.example:8443/": True,
        "https://x.c.example/": True,
        "https://c.example/": False,
        "https://xc.example/": False,
        "https://a.example.evil/": False,
        "http://a.example/": False,
    }.items():
        assert (some.problem(url) == "") is allowed, url


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1", "::1",
        "::ffff:10.1.2.3", "fe80::1%eth0", "fc00::1", "64:ff9b::a01:203", "2002:a01:203::1",
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
