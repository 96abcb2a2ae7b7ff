"""我的办件: what people from outside see and do, and that nobody sees the case of another."""

from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api.desk import my
from casework.domain.kinds.registry import KINDS
from casework.store.engine import Sessions
from tests.api.letters import letter_of
from tests.api.live import Backend
from tests.api.platform import Platform
from tests.desk.pages import Form, form_to, links, read
from tests.files import picture

OTHERS: dict[str, Any] = {
    "applicant": {"name": "王五", "id_number": "11010519491231002X", "phone": "13900005678"},
    "employer": {"name": "另一公司", "credit_code": "91310112MA1GCXX016"},
}


@pytest.fixture
def platform(backend: Backend) -> Platform:
    """The platforms of talent service behind that API."""
    return Platform(backend)


class Person:
    """Somebody outside who looks at pages, logged in once."""

    def __init__(self, backend: Backend, who: str) -> None:
        self.http, self.headers = backend.http, backend.bearer(who)

    async def see(self, path: str) -> httpx.Response:
        """Open a page."""
        answer = await self.http.get(path, headers=self.headers)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        read(answer)
        return answer

    async def send(
        self, form: Form, *, photo: bytes | None = None, **values: str
    ) -> httpx.Response:
        """Send a form with these values, a photograph in its first place for one."""
        place = next((name for name in sorted(form.names) if name.startswith("photo:")), "")
        files = {place: ("IMG_1.jpg", photo, "image/jpeg")} if photo else None
        return await self.http.post(
            form.action, data=form.values | values, files=files, headers=self.headers
        )


async def lacking(backend: Backend) -> str:
    """A case that lacks one material, of which the applicant has been told."""
    body = await backend.submission()
    body["materials"] = [each for each in body["materials"] if each["code"] != "labour_contract"]
    case_no = str((await backend.post("backend", "/v1/applications", body)).json()["case_no"])
    answer = await backend.do("ja-o1", case_no, "pre-review", outcome="faulty")
    assert answer.status_code == 200, answer.text
    return case_no


async def test_an_applicant_supplements_with_a_photograph(backend: Backend) -> None:
    case_no = await lacking(backend)
    applicant = Person(backend, "applicant")
    listed = await applicant.see("/my")
    assert f"/my/cases/{case_no}" in list(links(listed))
    assert "轮到申请人：补正材料" in read(listed)
    page = await applicant.see(f"/my/cases/{case_no}")
    assert "轮到您了" in read(page)
    assert "还缺 1 项 缺少材料：劳动合同" in read(page)
    assert "ja-o1" not in page.text
    days = await applicant.see(f"/my/cases/{case_no}/dates")
    assert "补正期限：每一天是否计入，以及为什么" in read(days)
    assert f"/my/cases/{case_no}" in list(links(days))
    form = form_to(await applicant.see(f"/my/cases/{case_no}/supplement"), "/supplement")
    assert 'capture="environment"' in (await applicant.see(form.action)).text

    empty = await applicant.send(form)
    assert (empty.status_code, "请至少补交一份材料或说明" in read(empty)) == (422, True)
    strange = await applicant.send(form, photo=b"MZ no picture at all")
    assert (strange.status_code, "MATERIAL_TYPE_NOT_ALLOWED" in read(strange)) == (415, True)

    checked = await applicant.send(form, photo=picture("JPEG"))
    assert checked.status_code == 200, read(checked)
    assert "还没有提交" in read(checked)
    assert "劳动合同 IMG_1.jpg" in read(checked)
    assert "本件将在： 预审" in read(checked)
    again = form_to(checked, "/supplement")
    assert again.values["key"] == form.values["key"]
    back = await applicant.send(again, step="edit")
    assert "不要这个文件：IMG_1.jpg" in read(back)
    for _ in range(2):  # a double click does one thing
        sent = await applicant.send(again, step="do")
        assert (sent.status_code, sent.headers["location"]) == (
            303,
            f"/my/cases/{case_no}?done=supplement",
        )
    assert (await backend.titles(case_no)).count("supplement_received") == 1
    after = read(await applicant.see(sent.headers["location"]))
    assert "已提交。" in after
    assert "轮到窗口（静安区人才服务中心）：预审" in after


async def test_what_happened_meanwhile_is_shown_and_what_was_typed_is_kept(
    backend: Backend,
) -> None:
    case_no = await backend.case()
    applicant = Person(backend, "applicant")
    form = form_to(await applicant.see(f"/my/cases/{case_no}/withdraw"), "/withdraw")
    checked = form_to(await applicant.send(form, reason="另行申请"), "/withdraw")
    await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
    refused = await applicant.send(checked, step="do")
    assert refused.status_code == 412
    text = read(refused)
    assert "预审通过" in text
    assert "另行申请" in text
    anew = form_to(refused, "/withdraw")
    checked = form_to(await applicant.send(anew), "/withdraw")
    sent = await applicant.send(checked, step="do")
    assert sent.status_code == 303, read(sent)
    page = await applicant.see(f"/my/cases/{case_no}")
    assert "结果：已撤回 理由：另行申请" in read(page)
    rating = form_to(await applicant.see(f"/my/rate/cases/{case_no}"), f"/rate/cases/{case_no}")
    missing = await applicant.send(rating)
    assert (missing.status_code, "请选择满意程度" in read(missing)) == (422, True)
    rated = await applicant.send(rating, grade="4", comment="快")
    assert rated.status_code == 303, read(rated)
    after = read(await applicant.see(rated.headers["location"]))
    assert "谢谢您的评价" in after
    assert "评价这次服务" not in after


async def test_a_promise_is_signed_on_the_page(backend: Backend) -> None:
    case_no = await backend.case(materials=[])
    offered = await backend.do(
        "ja-o1", case_no, "offer-deferral", materials=["sealed_copies"], reason="单位封控"
    )
    assert offered.status_code == 200, offered.text
    applicant = Person(backend, "applicant")
    page = read(await applicant.see(f"/my/cases/{case_no}"))
    assert "轮到申请人：签署容缺承诺书" in page
    form = form_to(await applicant.see(f"/my/cases/{case_no}/promise"), "/promise")
    unread = await applicant.send(form)
    assert (unread.status_code, "勾选“我承诺”" in read(unread)) == (422, True)
    checked = await applicant.send(form, promised="1")
    assert "签署容缺承诺" in read(checked)
    sent = await applicant.send(form_to(checked, "/promise"), step="do")
    assert sent.status_code == 303, read(sent)
    page = read(await applicant.see(f"/my/cases/{case_no}"))
    assert "补交：" in page
    form = form_to(
        await applicant.see(f"/my/cases/{case_no}/materials_received"), "/materials_received"
    )
    checked = await applicant.send(form, photo=picture("JPEG"))
    sent = await applicant.send(form_to(checked, "/materials_received"), step="do")
    assert sent.status_code == 303, read(sent)
    assert "还缺" not in read(await applicant.see(f"/my/cases/{case_no}"))


async def test_an_employer_evaluates_nobody_before_the_time(platform: Platform) -> None:
    talent = await platform.talent()
    employer = Person(platform.backend, "employer")
    listed = read(await employer.see("/my"))
    assert "单位人事：本单位人员的办件" in listed
    assert talent in listed
    assert "张*" in listed
    assert "没有这样的办件" in read(await employer.see("/my?stage=window"))
    page = await employer.see(f"/my/cases/{talent}")
    assert "现在不需要谁办理：服务周期内" in read(page)
    form = form_to(await employer.see(f"/my/cases/{talent}/evaluate"), "/evaluate")
    early = await employer.send(form, verdict="qualified", text="在岗")
    assert early.status_code in {409, 422}, read(early)
    assert "在岗" in early.text


PLACES = [
    route.path
    for router in (my.router, my.public)
    for route in router.routes
    if isinstance(route, APIRoute) and "{case_no}" in route.path and "GET" in (route.methods or ())
]


async def test_nobody_sees_or_touches_the_case_of_another(backend: Backend) -> None:
    theirs = await backend.case(**OTHERS)
    for who in ("applicant", "agent", "talent", "employer"):
        person = Person(backend, who)
        listed = await person.see("/my")
        assert theirs not in listed.text
        for place in PLACES:
            path = place.format(case_no=theirs, verb="withdraw")
            answer = await backend.http.get(path, headers=person.headers)
            assert (answer.status_code, "CASE_NOT_FOUND" in read(answer)) == (404, True), path
            assert "王*" not in answer.text
        token = form_to(listed, "/logout").values["csrf"]
        form = Form(method="post", action=f"/my/cases/{theirs}/withdraw", values={"csrf": token})
        for step in ("check", "edit", "do"):
            sent = await person.send(form, key="key-of-mine", seen="1", step=step, reason="")
            assert sent.status_code == 404, read(sent)
    assert "withdrawn" not in await backend.titles(theirs)


async def test_a_form_of_another_page_changes_nothing(backend: Backend) -> None:
    case_no = await backend.case()
    answer = await backend.http.post(
        f"/my/cases/{case_no}/withdraw",
        data={"step": "do", "key": "key-of-mine", "seen": "1", "reason": ""},
        headers=backend.bearer("applicant"),
    )
    assert (answer.status_code, "FOREIGN_ORIGIN" in read(answer)) == (403, True)
    assert "withdrawn" not in await backend.titles(case_no)


async def test_who_has_not_logged_in_comes_back_to_the_case_of_the_receipt(
    lonely: httpx.AsyncClient,
) -> None:
    answer = await lonely.get("/my/cases/310106-0000-0000-0000")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fmy%2Fcases%2F310106-0000-0000-0000"
    left = await lonely.get("/my/left")
    assert "/login?next=/my" in list(links(left))


def test_each_form_is_of_a_verb_that_people_outside_may_give() -> None:
    verbs = {verb for kind in KINDS.values() for verb in kind.verbs}
    assert set(my.ACTS) <= verbs


@pytest.mark.parametrize("known", [True, False])
async def test_who_holds_the_letter_rates_without_a_name(
    backend: Backend, sessions: Sessions, *, known: bool
) -> None:
    if not known:
        answer = await backend.http.get("/my/rate/0000-0000-0000-0000-0000-0000")
        assert (answer.status_code, "RATING_CODE_UNKNOWN" in read(answer)) == (404, True)
        return
    case_no = await backend.case()
    await backend.do("ja-o1", case_no, "not-accept", reason="不属本区", right_authority="徐汇区")
    letter = (await letter_of(case_no, sessions)).rating_code
    page = await backend.http.get(f"/my/rate/{letter}")
    assert page.status_code == 200
    assert "不记名" in read(page)
    assert case_no not in page.text
    rated = await backend.http.post(f"/my/rate/{letter}", data={"grade": "5", "comment": "快"})
    assert "已经评价，谢谢" in read(rated), rated.text
    assert "已经评价，谢谢" in read(await backend.http.get(f"/my/rate/{letter}"))
