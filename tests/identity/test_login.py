"""A browser logs in through the issuer, works with its cookie, and logs out."""

import re
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from api.access.caller import CSRF_HEADER
from api.access.session import COOKIE, LASTS_SECONDS
from api.app import create_app
from api.parts.register import Register
from casework.local.issuer.tokens import LocalIssuer
from casework.security.identity import PublishedKeys
from casework.security.keys.vault import PLAIN
from casework.security.pseudonyms import Pseudonyms
from casework.settings import Settings
from casework.store.desk import colleagues_at, look
from casework.store.engine import Sessions
from casework.store.register.recording import record
from tests.api.conftest import bearer, issuer, no_register, no_temporal, settings
from tests.api.live import Headers
from tests.api.test_problems import assert_problem
from tests.store.desks import archived
from tests.store.entries import writer
from tests.store.kept import kept_engine

__all__ = ["bearer", "issuer", "settings"]  # fixtures of the API's tests

HERE = "http://127.0.0.1:8080"


@pytest.fixture(scope="session")
async def app(settings: Settings, issuer: LocalIssuer, register_url: str) -> AsyncIterator[FastAPI]:
    made = create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: kept_engine(register_url),
        vault=PLAIN,
    )
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies: to us in this process, to the issuer over the network."""
    ours = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        mounts={HERE: ours}, base_url=HERE, trust_env=False, timeout=20
    ) as client:
        yield client


async def to_the_page(browser: httpx.AsyncClient, next_page: str = "") -> str:
    sent = await browser.get("/login", params={"next": next_page} if next_page else None)
    assert sent.status_code == HTTPStatus.FOUND, sent.text
    return sent.headers["Location"]


async def choose(browser: httpx.AsyncClient, page: str, person: str) -> str:
    """Choose on the issuer's page; where the browser is sent."""
    assert "本地示例登录" in (await browser.get(page)).text
    return (await browser.post(page, data={"person": person})).headers["Location"]


async def log_in(
    browser: httpx.AsyncClient, person: str = "ja-o1", way: str = ""
) -> httpx.Response:
    back = await choose(browser, await to_the_page(browser, way), person)
    return await browser.get(back)


async def test_a_person_logs_in_is_known_and_logs_out(browser: httpx.AsyncClient) -> None:
    assert_problem(await browser.get("/v1/me"))
    done = await log_in(browser)
    assert (done.status_code, done.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/")
    me = await browser.get("/v1/me")
    assert me.json() == {"code": "ja-o1", "role": "officer", "district": "310106", "office": ""}

    out = await browser.post("/logout", headers={"Origin": HERE})
    assert out.status_code == HTTPStatus.NO_CONTENT
    assert COOKIE not in browser.cookies
    assert (await browser.get("/v1/me")).status_code == HTTPStatus.UNAUTHORIZED


async def test_who_has_logged_out_has_no_case_open(
    browser: httpx.AsyncClient, app: FastAPI, sessions: Sessions
) -> None:
    """Their colleagues are not warned of somebody who has gone; a new login begins a new visit."""
    case, at = writer(archived()), app.state.parts.now()
    case_no = case.case_no

    async def there(who: str) -> list[str]:
        async with sessions() as session:
            return [each.person for each in await colleagues_at(session, case_no, who, at)]

    async with sessions.begin() as session:
        await record(session, case.entry())
        for who in ("ja-o1", "ja-r1"):
            await look(session, case_no, who, seq=1, doing="accept", at=at)
    await log_in(browser, "ja-o1")
    await browser.post("/logout", headers={"Origin": HERE})
    assert await there("ja-o2") == ["ja-r1"], "only who has left has gone"
    async with sessions.begin() as session:
        again = await look(session, case_no, "ja-o1", seq=1, doing="", at=at)
        assert again.before_at == at, "the visit before is over, however short ago"
    assert await there("ja-o2") == ["ja-o1", "ja-r1"]


async def test_the_flow_uses_pkce_state_and_nonce(browser: httpx.AsyncClient) -> None:
    asked = parse_qs(urlsplit(await to_the_page(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert asked["redirect_uri"] == [f"{HERE}/login/callback"]
    assert all(len(asked[name][0]) > 15 for name in ("state", "nonce", "code_challenge"))


async def test_the_cookie_is_out_of_the_reach_of_scripts_and_ends(
    browser: httpx.AsyncClient, settings: Settings
) -> None:
    done = await log_in(browser, "applicant")
    cookie = done.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert f"max-age={LASTS_SECONDS}" in cookie
    assert "secure" not in cookie
    assert "310101199003071230" not in _opened(browser.cookies[COOKIE])
    strict = create_app(
        settings.model_copy(update={"environment": "production"}),
        connect_temporal=no_temporal,
        open_register=no_register,
        vault=PLAIN,
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(strict), base_url="https://casework"
    ) as client:
        assert "secure" in (await client.get("/login")).headers["Set-Cookie"].lower()


async def test_who_comes_from_outside_is_known_by_a_pseudonym(
    browser: httpx.AsyncClient, settings: Settings
) -> None:
    await log_in(browser, "applicant")
    subject = Pseudonyms.open(settings).of("310101199003071230")
    assert subject in _opened(browser.cookies[COOKIE])


async def test_a_cookie_captured_before_the_logout_is_dead_after_it(
    browser: httpx.AsyncClient,
) -> None:
    await log_in(browser)
    captured = browser.cookies[COOKIE]
    await log_in(browser, "ja-r1")  # in the same browser: the first session ends with it
    later = browser.cookies[COOKIE]
    assert [await who(browser, cookie) for cookie in (captured, later)] == [None, "ja-r1"]
    browser.cookies.set(COOKIE, later, domain="127.0.0.1")
    assert (await browser.post("/logout", headers={"Origin": HERE})).status_code == 204
    assert await who(browser, later) is None
    again = await browser.post("/logout", headers={"Origin": HERE})
    assert again.status_code == HTTPStatus.UNAUTHORIZED


async def test_another_session_of_the_same_person_goes_on(browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    elsewhere = browser.cookies[COOKIE]
    browser.cookies.clear()  # another browser
    await log_in(browser)
    assert (await browser.post("/logout", headers={"Origin": HERE})).status_code == 204
    assert await who(browser, elsewhere) == "ja-o1"


async def test_a_session_ends_eight_hours_after_the_login_whatever_the_cookie_says(
    browser: httpx.AsyncClient, app: FastAPI
) -> None:
    await log_in(browser)
    here = app.state.parts
    later = here.now() + timedelta(seconds=LASTS_SECONDS)
    app.state.parts = replace(here, now=lambda: later)
    try:
        assert (await browser.get("/v1/me")).status_code == HTTPStatus.UNAUTHORIZED
    finally:
        app.state.parts = here
    assert (await browser.get("/v1/me")).status_code == HTTPStatus.OK


async def test_without_the_register_no_session_is_believed_and_none_ends(
    browser: httpx.AsyncClient, app: FastAPI
) -> None:
    await log_in(browser)
    here = app.state.parts
    app.state.parts = replace(here, register=Register(no_register, PLAIN))
    try:
        me = await browser.get("/v1/me")
        out = await browser.post("/logout", headers={"Origin": HERE})
    finally:
        app.state.parts = here
    for answer in (me, out):
        assert (answer.status_code, assert_problem(answer)["code"]) == (503, "REGISTER_AWAY")
    assert (await browser.get("/v1/me")).status_code == HTTPStatus.OK


async def who(browser: httpx.AsyncClient, cookie: str) -> str | None:
    """Whom a cookie speaks for, in whatever browser it is."""
    browser.cookies.clear()
    browser.cookies.set(COOKIE, cookie, domain="127.0.0.1")
    answer = await browser.get("/v1/me")
    return answer.json()["code"] if answer.status_code == HTTPStatus.OK else None


async def test_an_altered_cookie_is_nobody(browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    cookie = browser.cookies[COOKIE]
    for altered in (cookie[:-2] + "xx", "x" + cookie, cookie.rpartition(".")[0], "null"):
        browser.cookies.clear()
        browser.cookies.set(COOKIE, altered, domain="127.0.0.1")
        assert (await browser.get("/v1/me")).status_code == HTTPStatus.UNAUTHORIZED


async def test_an_answer_to_another_browsers_question_is_refused(
    browser: httpx.AsyncClient,
) -> None:
    back = await choose(browser, await to_the_page(browser), "ja-o1")
    browser.cookies.clear()  # another browser
    refused = await browser.get(back)
    assert (refused.status_code, assert_problem(refused)["code"]) == (401, "LOGIN_FAILED")

    back = await choose(browser, await to_the_page(browser), "ja-o1")
    wrong = re.sub(r"state=[^&]+", "state=somebody-elses", back)
    for url in (wrong, re.sub(r"code=[^&]+", "code=guessed", back), f"{HERE}/login/callback"):
        refused = await browser.get(url)
        assert (refused.status_code, assert_problem(refused)["code"]) == (401, "LOGIN_FAILED")
    assert (await browser.get("/v1/me")).status_code == HTTPStatus.UNAUTHORIZED


async def test_a_callback_works_once(browser: httpx.AsyncClient) -> None:
    back = await choose(browser, await to_the_page(browser), "ja-o1")
    assert (await browser.get(back)).status_code == HTTPStatus.SEE_OTHER
    assert (await browser.get(back)).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/docs", "/docs"),
        ("/v1/me?x=1", "/v1/me?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\r\nSet-Cookie: x=y", "/"),
        ("/" + "x" * 600, "/"),
    ],
)
async def test_a_login_ends_on_this_site(browser: httpx.AsyncClient, asked: str, led: str) -> None:
    assert (await log_in(browser, way=asked)).headers["Location"] == led


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8233"}, 403),
        ({"Origin": HERE}, 204),
        ({CSRF_HEADER: "1"}, 204),
    ],
)
async def test_a_page_of_another_origin_changes_nothing(
    browser: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    await log_in(browser)
    answer = await browser.post("/logout", headers=headers)
    assert answer.status_code == status
    if status == HTTPStatus.FORBIDDEN:
        assert assert_problem(answer)["code"] == "FOREIGN_ORIGIN"
    known = (await browser.get("/v1/me")).status_code == HTTPStatus.OK
    assert known == (status == HTTPStatus.FORBIDDEN)


async def test_a_token_needs_no_origin_and_goes_before_the_cookie(
    browser: httpx.AsyncClient, bearer: Headers
) -> None:
    await log_in(browser)
    assert (await browser.get("/v1/me", headers=bearer("ja-r1"))).json()["code"] == "ja-r1"
    assert (await browser.post("/logout", headers=bearer("ja-r1"))).status_code == 204


async def test_without_the_issuer_there_is_no_new_key_and_no_login(
    settings: Settings, app: FastAPI, bearer: Headers
) -> None:
    alone = settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    lonely = create_app(alone, connect_temporal=no_temporal, open_register=no_register, vault=PLAIN)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(lonely), base_url=HERE) as client:
        for answer in (
            await client.get("/v1/me", headers=bearer("ja-o1")),
            await client.get("/login"),
        ):
            assert (answer.status_code, assert_problem(answer)["code"]) == (503, "ISSUER_AWAY")
            assert int(answer.headers["Retry-After"]) > 0
        nonsense = await client.get("/v1/me", headers={"Authorization": "Bearer x.y.z"})
        assert (nonsense.status_code, assert_problem(nonsense)["code"]) == (
            401,
            "NOT_AUTHENTICATED",
        )


async def test_known_keys_keep_working_without_the_issuer(app: FastAPI, bearer: Headers) -> None:
    keys: PublishedKeys = app.state.parts.verifier.keys
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        assert (await client.get("/v1/me", headers=bearer("ja-o1"))).status_code == HTTPStatus.OK
        uri, keys._answered_at = keys._jwks_uri, float("-inf")
        keys._jwks_uri = "http://127.0.0.1:9/jwks"
        try:
            answer = await client.get("/v1/me", headers=bearer("ja-o1"))
        finally:
            keys._jwks_uri, keys._failed_at = uri, float("-inf")
    assert answer.status_code == HTTPStatus.OK


async def test_a_token_of_the_local_issuer_is_nothing_in_production(
    settings: Settings, app: FastAPI, bearer: Headers
) -> None:
    ours = app.state.parts
    city = "https://sso.example.com/realms/hr"
    # Even if their keys were ours: the token names another issuer.
    verifier = replace(ours.verifier, issuer=city)
    strict = create_app(
        settings.model_copy(update={"environment": "production", "oidc_issuer": city}),
        connect_temporal=no_temporal,
        open_register=no_register,
        vault=PLAIN,
    )
    strict.state.parts = replace(strict.state.parts, verifier=verifier)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(strict), base_url="https://casework"
    ) as client:
        answer = await client.get("/v1/me", headers=bearer("ja-o1"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (401, "NOT_AUTHENTICATED")


def _opened(cookie: str) -> Any:
    """What stands in a cookie: it is signed, not sealed."""
    return b64decode(cookie.partition(".")[0] + "==").decode()
