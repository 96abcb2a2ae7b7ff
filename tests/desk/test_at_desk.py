"""What people keep at the desk: who else is there, what is new, views, phrases, help."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.desk.visit import helps, templates
from casework.store.desk import KEPT, PRESENT, colleagues_at, look
from casework.store.engine import Sessions
from casework.store.models import Looks
from tests.api.live import Backend
from tests.desk.pages import Reader, form_to, forms, links, read
from tests.desk.test_acts import acted, opened
from tests.desk.test_authority import READERS

T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)


async def seen(backend: Backend, who: str, case_no: str, seq: int, doing: str = "") -> Any:
    body = {"seq": seq, "doing": doing}
    answer = await backend.post(who, f"/v1/cases/{case_no}/looks", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_two_officers_see_each_other_and_what_each_is_about(backend: Backend) -> None:
    case_no = await backend.case()
    first, second = Reader(backend, "ja-o1"), Reader(backend, "ja-o2")
    assert "此刻还有别人" not in read(await first.see(f"/desk/cases/{case_no}"))
    await opened(first, case_no, "pre-review")
    page = read(await second.see(f"/desk/cases/{case_no}"))
    assert "此刻还有别人打开本件：ja-o1" in page
    assert "正在填写“预审”" in page
    form = await second.see(f"/desk/cases/{case_no}/do/pre-review")
    assert "ja-o1" in read(form)
    assert "ja-o2" in read(await first.see(f"/desk/cases/{case_no}"))


async def test_nobody_outside_looks_or_is_told_of_anybody(backend: Backend) -> None:
    case_no = await backend.case()
    await seen(backend, "ja-o1", case_no, 1)
    for who in ("applicant", "backend-system"):
        try:
            headers = backend.bearer(who)
        except KeyError:
            continue
        answer = await backend.http.post(
            f"/v1/cases/{case_no}/looks", json={"seq": 1}, headers=headers
        )
        assert answer.status_code in {403, 404}, answer.text
    elsewhere = await backend.post("hp-o1", f"/v1/cases/{case_no}/looks", {"seq": 1})
    assert elsewhere.status_code in {403, 404}


async def test_what_came_since_the_last_visit_is_marked(
    backend: Backend, sessions: Sessions
) -> None:
    case_no = await backend.case()
    first, second = Reader(backend, "ja-o1"), Reader(backend, "ja-o2")
    await first.see(f"/desk/cases/{case_no}")
    await acted(second, case_no, "add-note", text="正在电话核实")
    page = read(await first.see(f"/desk/cases/{case_no}"))
    assert "项变化" not in page, "the same visit"
    async with sessions.begin() as session:
        mine = await session.get_one(Looks, (case_no, "ja-o1"))
        mine.seen_at, mine.seq = mine.seen_at - 2 * PRESENT, mine.seq - 1
    desk = await first.see("/desk")
    assert "您上次查看之后有变化的 1 件" in read(desk)
    assert f"/desk/cases/{case_no}" in set(links(desk))
    answer = await first.see(f"/desk/cases/{case_no}")
    assert "之后有 1 项变化" in read(answer)
    assert "有变化的 1 件" not in read(await first.see("/desk"))
    assert answer.text.count('class="new"') == 1
    again = await first.see(f"/desk/cases/{case_no}")
    assert again.text.count('class="new"') == 1, "as long as the visit lasts"
    own = await second.see(f"/desk/cases/{case_no}")
    assert 'class="new"' not in own.text, "one's own acts are no news"


@pytest.fixture
async def rows(sessions: Sessions, backend: Backend) -> tuple[Sessions, str]:
    return sessions, await backend.case()


async def test_a_row_for_each_person_and_case_and_none_for_ever(
    rows: tuple[Sessions, str],
) -> None:
    sessions, case_no = rows
    async with sessions.begin() as session:
        for minutes in (0, 5, 10, 40):
            at = T0 + timedelta(minutes=minutes)
            told = await look(session, case_no, "ja-o1", seq=1, doing="", at=at)
        assert told.before_at == T0 + timedelta(minutes=10)
        assert not await colleagues_at(session, case_no, "ja-o1", at)
        (other,) = await colleagues_at(session, case_no, "ja-o2", at)
        assert (other.person, other.since) == ("ja-o1", at)
        assert not await colleagues_at(session, case_no, "ja-o2", at + 2 * PRESENT)
        assert await session.scalar(select(func.count()).select_from(Looks)) == 1
        await look(session, case_no, "ja-o2", seq=10**6, doing="", at=at + KEPT + PRESENT)
        left = (await session.scalars(select(Looks.person))).all()
        assert left == ["ja-o2"], "nobody has looked for half a year"
        row = await session.get_one(Looks, (case_no, "ja-o2"))
        assert row.seq < 10**6, "nobody has seen what has not happened"
        await session.rollback()


async def test_a_view_keeps_filter_and_sort_and_can_be_the_usual_one(backend: Backend) -> None:
    case_no = await backend.case()
    officer = Reader(backend, "ja-o1")
    page = await officer.see("/desk/tasks?kind=pre_review&sort=newest")
    assert "最新的在前" in read(page)
    form = form_to(page, "/desk/views")
    saved = await officer.send(form.action, {**form.values, "name": "新预审", "usual": "true"})
    assert saved.status_code == 303, read(saved)
    assert saved.headers["location"] == "/desk/tasks?kind=pre_review&sort=newest"
    usual = await backend.http.get("/desk/tasks", headers=backend.bearer("ja-o1"))
    assert usual.headers["location"] == "/desk/tasks?kind=pre_review&sort=newest"
    plain = await officer.see("/desk/tasks?plain=1")
    assert "新预审（默认）" in read(plain)
    assert "/desk/tasks?kind=pre_review&sort=newest" in set(links(plain))
    assert case_no in read(plain)
    others = await backend.get("ja-o2", "/v1/views")
    assert others.json()["items"] == [], "somebody else's are their own"
    gone = next(each for each in forms(plain) if each.action.endswith("/remove"))
    assert (await officer.send(gone.action, gone.values)).status_code == 303
    assert (await backend.get("ja-o1", "/v1/views")).json()["items"] == []
    again = await officer.send(gone.action, gone.values)
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"list": "tasks", "name": "x", "asked": {"nobody": "1"}}, "INVALID_REQUEST"),
        ({"list": "tasks", "name": "x", "asked": {"sort": "up"}}, "INVALID_REQUEST"),
        ({"list": "tasks", "name": "x", "asked": {"cursor": "abc"}}, "INVALID_REQUEST"),
        ({"list": "nothing", "name": "x", "asked": {}}, "INVALID_REQUEST"),
        ({"list": "tasks", "name": " ", "asked": {}}, "INVALID_REQUEST"),
    ],
)
async def test_a_view_that_its_list_would_refuse_is_refused(
    backend: Backend, body: dict[str, Any], code: str
) -> None:
    answer = await backend.post("ja-o1", "/v1/views", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_next_file_keeps_filter_and_sort(backend: Backend) -> None:
    numbers = [await backend.case() for _ in range(3)]
    await Reader(backend, "ja-o1").see("/desk/tasks?sort=newest&kind=pre_review")
    way = f"/desk/tasks/next?after={numbers[2]}"
    answer = await backend.http.get(way, headers=backend.bearer("ja-o1"))
    assert answer.headers["location"] == f"/desk/cases/{numbers[1]}"
    backend.http.cookies.clear()


async def test_a_phrase_is_put_in_and_never_sent_by_itself(backend: Backend) -> None:
    case_no = await backend.case()
    officer = Reader(backend, "ja-o1")
    page = await officer.see("/desk/phrases/new")
    form = form_to(page, "/phrases/new")
    assert "office" not in form.names, "an officer keeps none for the district"
    typed = {**form.values, "text": "扫描件不清晰，请重新上传。", "step": "check"}
    check = await officer.send("/desk/phrases/new", typed)
    form = form_to(check, "/phrases/new")
    assert (await officer.send(form.action, {**form.values, "step": "send"})).status_code == 303
    office: dict[str, Any] = {"verb": "withdraw", "text": "经核实，属于重复提交。", "office": True}
    refused = await backend.post("ja-o1", "/v1/phrases", office)
    assert refused.status_code == 403, refused.text
    assert (await backend.post("ja-s1", "/v1/phrases", office)).status_code == 201

    form = await opened(officer, case_no, "withdraw")
    sent = {**form.values, "reason": "申请人来电。", "phrase:reason": office["text"]}
    page = await officer.send(form.action, {**sent, "step": "insert:reason"})
    kept = form_to(page, "/do/withdraw").values
    assert kept["reason"].replace("\r", "").strip() == f"申请人来电。\n{office['text']}"
    assert "扫描件不清晰" in page.text
    check = await officer.send(form.action, {**sent, "step": "check"})
    assert office["text"] not in read(check), "chosen, and not put in"
    listed = await officer.see("/desk/phrases")
    own = next(each for each in forms(listed) if each.action.endswith("/end"))
    assert (await officer.send(own.action, own.values)).status_code == 303
    left = (await backend.get("ja-o1", "/v1/phrases")).json()["items"]
    assert [each["text"] for each in left] == [office["text"]]
    number = left[0]["id"]
    assert (await backend.post("ja-o1", f"/v1/phrases/{number}/end", {})).status_code == 403
    assert (await backend.post("ja-s1", f"/v1/phrases/{number}/end", {})).status_code == 200


async def test_what_cannot_be_done_now_says_why_and_who_may(backend: Backend) -> None:
    case_no = await backend.case()
    await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
    await backend.do("ja-o1", case_no, "accept")

    async def told(verb: str) -> dict[str, Any]:
        acts = (await backend.get("ja-r1", f"/v1/cases/{case_no}/acts")).json()["items"]
        return next(each for each in acts if each["verb"] == verb)

    stopped = {"stop": "hearing", "reason": "听证"}
    resume = await told("resume-clock")
    assert (resume["may"], resume["code"]) == (False, "NOT_STOPPED")
    assert resume["who"]
    answers = await backend.do("ja-r1", case_no, "stop-clock", **stopped)
    if answers.status_code == 200:
        assert (await told("resume-clock"))["may"]
        assert (await told("stop-clock"))["code"] == "ALREADY_STOPPED"


async def test_the_checklist_is_beside_the_file(backend: Backend) -> None:
    case_no = await backend.case()
    page = await Reader(backend, "ja-o1").see(f"/desk/cases/{case_no}/materials/1")
    said = read(page)
    assert "已收到" in said
    assert "目录所列、未收到" in said
    assert f'src="/v1/cases/{case_no}/materials/1' in page.text


async def test_no_file_is_offered_that_would_be_refused(backend: Backend) -> None:
    case_no = await backend.case()
    page, file = f"/desk/cases/{case_no}/materials/1", f"/v1/cases/{case_no}/materials/1"
    seen = set[bool]()
    for who in (*READERS.values(), "mh-s1"):
        headers = backend.bearer(who)
        shown = await backend.http.get(page, headers=headers)
        if shown.status_code == 200:
            may = (await backend.http.get(file, headers=headers)).status_code == 200
            seen.add(may)
            assert (f'src="{file}' in shown.text) is may, who
            assert ("不能打开本件的材料文件" in read(shown)) is not may, who
            case = await backend.http.get(f"/desk/cases/{case_no}", headers=headers)
            assert (f'href="{page}"' in case.text) is may, who
    assert seen == {True, False}


def test_every_page_has_its_help() -> None:
    root = Path(__file__).parents[2] / "api/desk/templates"
    pages = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.html")
        if '{% extends "frame.html" %}' in path.read_text(encoding="utf-8")
    }
    bare = {"problem.html", "left.html", "wall.html", "my/rate.html"}
    assert pages - bare <= helps().keys(), pages - bare - helps().keys()
    for name, told in helps().items():
        assert templates().get_template(name)
        assert told["title"]
        assert told["source"]
        assert all(said.endswith("。") for said in told["says"])


_ARTICLE = re.compile(r"(\w{1,6}法典?)第([一二三四五六七八九十百零]+)条")
_STANDARD = re.compile(r"(?<!参照 )DB50/T")


def test_help_cites_only_what_the_domain_reference_has() -> None:
    known = (Path(__file__).parents[2] / "docs/domain.md").read_text(encoding="utf-8")
    cited = set()
    for name, told in helps().items():
        source = told["source"]
        for law, number in _ARTICLE.findall(source):
            cited.add(law)
            assert f"§{_written_out(number)}" in known, (name, law, number)
            assert law.removeprefix("参照") in known, (name, law)
            of_licences = "行政许可法" in law
            assert of_licences == law.startswith("参照"), f"{name}: not every item is a licence"
        assert not _STANDARD.search(source), f"{name}: one city's standard, elsewhere an example"
    assert len(cited) >= 2


def _written_out(number: str) -> int:
    """The value of a Chinese number below a thousand: 二百零一 is 201."""
    total = digit = 0
    for each in number:
        if each in "十百":
            total, digit = total + (digit or 1) * (10 if each == "十" else 100), 0
        else:
            digit = "零一二三四五六七八九".index(each)
    return total + digit


async def test_help_is_on_the_page(backend: Backend) -> None:
    page = await Reader(backend, "ja-o1").see("/desk/tasks")
    assert "本页说明" in read(page)
    assert helps()["tasks.html"]["source"] in read(page)
