"""Whatever is refused below a page is a page: in its frame, in Chinese, with a way on."""

import re
from collections.abc import AsyncIterator
from http import HTTPStatus

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.app import PUBLIC_PAGES, create_app
from api.edge.limits import ADDRESS_MAX_BYTES
from api.routes import booking_page, guide_pages, verify_page
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from tests.api.conftest import caller, no_register, no_temporal
from tests.api.live import Headers
from tests.desk.pages import form_to, links, read
from tests.desk.test_authority import filled, pages
from tests.examples import is_night

REFUSALS = (403, 404, 409, 410, 412, 413, 415, 422, 429, 500, 503)
SAID = "请向本区中心负责人了解"
NAVIGATES = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
STRANGE = "case_no"
"""A field that no form of the page has."""
OUTSIDE = ("/book/310106", "/guides/310106/JZZ_POINTS", "/verify/NO-SUCH")
"""Public pages, in a frame of their own."""


async def refuse(request: Request) -> Response:
    """An API that refuses all, with the status that was chosen for it."""
    status = HTTPStatus(request.app.state.refuses)
    errors = [{"field": STRANGE, "detail": "格式不符"}] if status == 422 else []
    told = {
        "type": "urn:casework:problem:refused",
        "title": status.phrase,
        "status": int(status),
        "code": getattr(request.app.state, "code", "REFUSED_HERE"),
        "detail": f"{STRANGE}：格式不符" if errors else SAID,
        "instance": request.url.path,
        "errors": errors,
    }
    return JSONResponse(told, status, {"Retry-After": "7"} if status == 429 else None)


@pytest.fixture
def refusing_app(settings: Settings) -> FastAPI:
    app = create_app(settings, connect_temporal=no_temporal, open_register=no_register, vault=PLAIN)
    methods = ["GET", "POST", "PUT", "DELETE"]
    app.router.routes.insert(0, Route("/v1/{rest:path}", refuse, methods=methods))
    return app


@pytest.fixture
async def refusing(refusing_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(refusing_app) as client:
        yield client


def framed(answer: httpx.Response) -> str:
    """What the reader of a page in the desk's frame sees; it says where to go on."""
    shown = read(answer)
    assert '<header class="top">' in answer.text
    assert 'lang="zh-CN"' in answer.text
    ways = [each for each in links(answer) if not each.startswith(("#", "/desk/static"))]
    assert ways
    return shown


def outside_frame(answer: httpx.Response) -> str:
    """The same of a public page."""
    assert answer.headers["content-type"].startswith("text/html"), answer.text
    assert 'lang="zh-CN"' in answer.text
    assert "<main>" in answer.text
    assert list(links(answer))
    return re.sub(r"<[^>]+>", " ", answer.text)


@pytest.mark.timeout(600)
async def test_whatever_the_api_refuses_is_said_in_the_frame(
    refusing: httpx.AsyncClient, refusing_app: FastAPI, bearer: Headers
) -> None:
    asked, who = 0, bearer("ja-s1")
    token = form_to(await refusing.get("/desk/keys", headers=who), "/logout").values["csrf"]
    for method in ("GET", "POST"):
        for place, page in enumerate(sorted(set(pages(method)))):
            for number, address in enumerate(filled(page)):
                statuses: tuple[int, ...] = REFUSALS
                if not is_night():  # in turn
                    turn = (place * 3 + number) % len(REFUSALS)
                    statuses = (REFUSALS[turn], REFUSALS[(turn + 5) % len(REFUSALS)])
                for status in statuses:
                    refusing_app.state.refuses = status
                    sent = {"csrf": token} if method == "POST" else None
                    answer = await refusing.request(method, address, headers=who, data=sent)
                    at = (method, address, status, answer.status_code)
                    kind = answer.headers.get("content-type", "")
                    if answer.status_code < 400 or not kind:
                        assert not kind.startswith("application"), at
                        continue
                    shown = framed(answer)
                    asked += 1
                    if "REFUSED_HERE" in shown:
                        assert answer.status_code == status, at
                        assert SAID in shown or status == 422, at
                        assert STRANGE not in shown, at
                        if method == "GET" and status == 429:
                            assert answer.headers["retry-after"] == "7", at
    assert asked > 100


@pytest.mark.parametrize(
    ("who", "path", "code", "turn_to"),
    [
        ("ja-s1", "/desk/cases/310112-0000-0000-0001", "OTHER_DISTRICT", "请联系该区的中心"),
        ("ja-o1", "/desk/board", "ROLE_NOT_ALLOWED", "请问本区中心负责人"),
        ("applicant", "/my/cases/310106-0000-0000-0001", "ROLE_NOT_ALLOWED", "请联系受理"),
    ],
)
async def test_who_may_not_is_told_as_whom_they_came_and_where_to_turn(  # noqa: PLR0917
    refusing: httpx.AsyncClient,
    refusing_app: FastAPI,
    bearer: Headers,
    who: str,
    path: str,
    code: str,
    turn_to: str,
) -> None:
    refusing_app.state.refuses, refusing_app.state.code = 403, code
    shown = framed(await refusing.get(path, headers=bearer(who)))
    assert "登录" in shown
    assert turn_to in shown


EDGE = {
    405: ("DELETE", "", {}),
    414: ("GET", "?q=" + "x" * ADDRESS_MAX_BYTES, {}),
    413: ("POST", "", {"Content-Length": str(10**12)}),
    431: ("GET", "", {"X-Long": "x" * 20_000}),
    400: ("POST", "", {"Content-Length": "3", "Transfer-Encoding": "chunked"}),
}
"""What is refused before a page is asked."""


@pytest.mark.parametrize("status", EDGE)
async def test_what_is_refused_before_a_page_is_asked_is_a_page(
    lonely: httpx.AsyncClient, bearer: Headers, status: int
) -> None:
    method, more, headers = EDGE[status]
    for path in ("/desk/tasks", "/my", *OUTSIDE):
        answer = await lonely.request(
            method, path + more, headers={**bearer("ja-o1"), **headers}, content=b"a=b"
        )
        assert answer.status_code == status, path
        shown = outside_frame(answer) if path in OUTSIDE else framed(answer)
        assert "/docs" not in shown, "that is for programs"


async def test_an_address_that_is_none_is_a_page(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    for path in ("/desk/cases/none", "/my/none/such/page", "/my/cases/none", "/desk/none"):
        answer = await lonely.get(path, headers=bearer("ja-o1"))
        assert answer.status_code in {404, 422}, path
        shown = framed(answer)
        assert "/docs" not in shown
        assert STRANGE not in shown, "people do not know the name of a parameter"
    for path in ("/book/none", "/book/310106/none", "/guides/none/such", "/guides/a/b/c"):
        answer = await lonely.get(path)
        assert answer.status_code in {404, 422}, path
        assert "/docs" not in outside_frame(answer)
        assert "办事指南</h1>" not in answer.text


async def test_an_address_that_sends_too_much_is_told_so_in_a_page(
    settings: Settings,
) -> None:
    hasty = settings.model_copy(update={"rate_per_minute": 60, "burst": 1})
    app = create_app(hasty, connect_temporal=no_temporal, open_register=no_register, vault=PLAIN)
    async with caller(app) as client:
        for path in OUTSIDE:
            while (answer := await client.get(path)).status_code != 429:
                assert answer.status_code < 500 or answer.status_code == 503
            assert "请求过于频繁" in outside_frame(answer)
            assert answer.headers["retry-after"]


async def test_who_follows_a_link_to_a_file_is_refused_in_a_page(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    """Letters, exports and archives are files of the API; what cannot be had is said to people."""
    for path in (
        "/v1/tasks?format=xlsx",
        "/v1/cases/310106-0000-0000-0001/letters/3",
        "/v1/cases/310106-0000-0000-0001/materials/1",
        f"/v1/catalogue/archives/{'0' * 64}",
    ):
        answer = await lonely.get(path, headers=bearer("ja-s1") | NAVIGATES)
        assert answer.status_code in {404, 503}
        assert "代码：" in framed(answer)
        told = await lonely.get(path, headers=bearer("ja-s1"))
        assert told.headers["content-type"] == "application/problem+json"
        sent = await lonely.get(path, headers=NAVIGATES)
        assert sent.status_code == 303, "and who has not logged in is sent there"
        posted = await lonely.post(path, headers=bearer("ja-s1") | NAVIGATES)
        assert posted.headers["content-type"] == "application/problem+json"


def test_every_public_page_has_a_page_for_its_refusals() -> None:
    public = {guide_pages.router.prefix, verify_page.router.prefix, booking_page.router.prefix}
    assert public == set(PUBLIC_PAGES)
