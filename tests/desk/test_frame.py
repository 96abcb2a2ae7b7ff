"""What all pages stand on: logging in and out, forms that only we can send, refusals as pages."""

import re
from datetime import date
from secrets import token_hex

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.desk.navigation import ENTRIES
from api.desk.words import day, days_left, written_day
from casework.domain.policy import Role
from casework.store.engine import Sessions
from tests.api.live import Backend, Headers
from tests.api.test_orders import CLOSURE
from tests.desk.pages import Reader, form_to, links, read
from tests.examples import examples
from tests.workflows.ordering import seeded


async def test_who_has_not_logged_in_is_sent_there_and_comes_back(
    lonely: httpx.AsyncClient,
) -> None:
    sent = await lonely.get("/desk/tasks?team=一组&cursor=")
    assert sent.status_code == 303
    assert sent.headers["location"] == (
        "/login?next=%2Fdesk%2Ftasks%3Fteam%3D%25E4%25B8%2580%25E7%25BB%2584%26cursor%3D"
    )
    assert (await lonely.post("/desk/logout")).status_code == 401
    assert "重新登录" in read(await lonely.get("/desk/left"))


async def test_a_refusal_is_a_page_and_says_what_the_api_says(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    asked = bearer("ja-o1")
    told = (await lonely.get("/v1/tasks", headers=asked)).json()
    page = await lonely.get("/desk/tasks", headers=asked)
    assert page.status_code == told["status"] == 503
    assert told["detail"] in read(page)
    assert told["code"] in page.text
    assert page.headers["retry-after"]
    lost = await lonely.get("/desk/no/such", headers=asked)
    assert lost.status_code == 404
    assert "没有此页面" in read(lost)
    assert (await lonely.get("/desk/static/no", headers=asked)).status_code == 404


async def test_the_files_of_a_page_are_there_and_are_kept(lonely: httpx.AsyncClient) -> None:
    page = (await lonely.get("/desk/left")).text
    found = re.findall(r'(?:href|src)="(/desk/static/[^"]+)"', page)
    assert len(found) == 3
    for url in found:
        answer = await lonely.get(url)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].split(";")[0] in {
            "text/css",
            "text/javascript",
            "image/svg+xml",
        }


@pytest.mark.parametrize("given", [{}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "字"}])
async def test_a_form_without_our_token_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, given: dict[str, str]
) -> None:
    answer = await lonely.post("/desk/logout", data=given, headers=bearer("ja-o1"))
    assert answer.status_code == 403
    assert "FOREIGN_ORIGIN" in read(answer)


async def test_the_work_list_is_that_of_the_api(backend: Backend) -> None:
    case_no = await backend.case()
    officer = Reader(backend, "ja-o1")
    page = await officer.see("/desk/tasks")
    assert case_no in read(page)
    told = (await backend.get("ja-o1", "/v1/tasks")).json()["items"]
    assert [link.rpartition("/")[2] for link in links(page) if "/desk/cases/" in link] == [
        each["case_no"] for each in told
    ]
    token = form_to(page, "/logout").values["csrf"]
    answer = await backend.http.post(
        "/desk/logout", data={"csrf": token}, headers=backend.bearer("ja-r1")
    )
    assert answer.status_code == 403, "the token of somebody else"
    answer = await backend.http.post(
        "/desk/logout",
        data={"csrf": token},
        headers=backend.bearer("ja-o1") | {"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403


async def test_a_day_begins_with_what_is_due_and_goes_on_with_the_next(
    backend: Backend, sessions: Sessions
) -> None:
    await seeded(sessions)
    first, second = await backend.case(), await backend.case()
    officer = Reader(backend, "ja-o1")
    page = read(await officer.see("/desk"))
    assert "您有 2 项待办" in page
    assert "还有" in page
    listed = await officer.see("/desk/tasks?kind=pre_review&role=officer&district=310106")
    assert "共 2 项" in read(listed)
    assert 'value="pre_review" selected' in listed.text
    assert "没有这样的待办" in read(await officer.see("/desk/tasks?kind=review&role=reviewer"))
    backend.http.cookies.clear()
    for before, after in ((first, second), (second, first)):
        way = f"/desk/tasks/next?after={before}"
        answer = await backend.http.get(way, headers=backend.bearer("ja-o1"))
        assert answer.headers["location"] == f"/desk/cases/{after}"
    await officer.see("/desk/tasks?kind=review&role=reviewer")
    answer = await backend.http.get("/desk/tasks/next", headers=backend.bearer("ja-o1"))
    assert answer.headers["location"] == "/desk/tasks/again", "the filters of the last list"
    again = await backend.http.get("/desk/tasks/again", headers=backend.bearer("ja-o1"))
    assert again.headers["location"] == "/desk/tasks?role=reviewer&kind=review"
    backend.http.cookies.clear()
    decider = Reader(backend, "sh-u1")
    proposed = await backend.post("ja-s1", "/v1/orders", CLOSURE, key=token_hex(8))
    assert proposed.status_code == 201, proposed.text
    assert "等待批准的指令" in read(await decider.see("/desk"))


def test_everybody_of_the_staff_has_somewhere_to_go() -> None:
    paths = [entry.path for entry in ENTRIES]
    assert len(set(paths)) == len(paths)
    for role in (Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR, Role.SUPERIOR):
        assert any(role in entry.roles for entry in ENTRIES)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
@examples(50)
def test_a_day_is_read_however_it_is_written(on: date) -> None:
    y, m, d = on.year, on.month, on.day
    for text in (
        f"{y}-{m}-{d}",
        f" {on} ",
        f"{y}/{m:02}/{d:02}",
        f"{y}.{m}.{d}",
        f"{y}年{m}月{d}日",
        f"{on:%Y%m%d}",
        day(on).partition("（")[0],
    ):
        assert written_day(text) == on.isoformat()
    assert written_day(f"{y}-13-{d}") == f"{y}-13-{d}"
    assert written_day("2026111") == "2026111"


def test_what_is_left_is_said_in_words() -> None:
    assert [days_left(each) for each in (None, 0, 3, -2)] == [
        "",
        "今天到期",
        "还有 3 个工作日",
        "已超 2 个工作日",
    ]
