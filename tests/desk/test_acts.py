"""An officer does a case in pages: form, check, done; refusals keep what was typed."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.desk.acts import goes_out
from api.desk.inside import Inside
from casework.domain.time.calendar import local_date
from tests.api.live import Backend, Switch
from tests.desk.pages import Form, Reader, form_to, forms, read
from tests.files import PDF

FAULTY = {
    "outcome": "faulty",
    "faults.1.code": "ILLEGIBLE",
    "faults.1.about": "residence_permit",
    "faults.1.text": "居住证扫描件不清晰，\n请重新上传 <b>",
}


async def opened(reader: Reader, case_no: str, verb: str, **asked: str) -> Form:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return form_to(await reader.see(f"/desk/cases/{case_no}/do/{verb}?{query}"), f"/do/{verb}")


async def checked(reader: Reader, form: Form, **typed: str) -> httpx.Response:
    return await reader.send(form.action, {**form.values, **typed, "step": "check"})


async def carried_out(reader: Reader, checked: httpx.Response, verb: str) -> httpx.Response:
    form = form_to(checked, f"/do/{verb}")
    return await reader.send(form.action, {**form.values, "step": "send"})


async def acted(reader: Reader, case_no: str, verb: str, **typed: str) -> str:
    """Do it by its pages; what the last one says."""
    first = await reader.see(f"/desk/cases/{case_no}/do/{verb}")
    form = form_to(first, f"/do/{verb}")
    page = await checked(reader, form, **typed) if "step" in form.names and typed else first
    assert page.status_code == 200, read(page)
    sent = await carried_out(reader, page, verb)
    assert sent.status_code == 303, read(sent)
    return read(await reader.see(sent.headers["location"]))


async def test_a_page_of_a_case_asks_once_and_looks_once(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_no, asked = await backend.case(), list[str]()
    plain = Inside.ask

    async def counted(self: Inside, method: str, path: str, **how: Any) -> httpx.Response:
        asked.append(f"{method} {path}")
        return await plain(self, method, path, **how)

    monkeypatch.setattr(Inside, "ask", counted)
    await Reader(backend, "ja-o1").see(f"/desk/cases/{case_no}")
    place = f"/v1/cases/{case_no}"
    assert asked == [f"GET {place}/whole", f"POST {place}/looks"]
    asked.clear()
    await Reader(backend, "applicant").see(f"/my/cases/{case_no}")
    assert asked == [f"GET {place}/whole"]


async def test_the_form_for_the_green_channel_says_what_the_item_wants(backend: Backend) -> None:
    case_no, officer = await backend.case(), Reader(backend, "ja-o1")
    page = await officer.see(f"/desk/cases/{case_no}/do/request-green")
    rule = (await backend.get("ja-o1", "/v1/items/PTS_NEW", district="310106")).json()["green"]
    assert len(rule["evidence"]) > 1
    said = read(page)
    assert f"须有{'、'.join(rule['evidence'])}" in said
    assert f"{rule['horizon_days']} 日以内" in said
    form = form_to(page, "/do/request-green")
    first, *others = rule["evidence"]
    typed = {
        "reason_code": "高考",
        "external_on": str(local_date(datetime.now(UTC)) + timedelta(days=20)),
    }
    check = await checked(officer, form, **typed, evidence=first)
    told = read(check)
    assert "会发生什么" in told, told
    assert first in told
    sent = await carried_out(officer, check, "request-green")
    assert sent.status_code == 303, read(sent)
    events = (await backend.get("ja-o1", f"/v1/cases/{case_no}/timeline")).json()["items"]
    asked = next(each["body"] for each in events if each["kind"] == "green_requested")
    assert (asked["evidence"], asked["missing"]) == ([first], others)
    assert f"绿色通道的申请缺少{others[0]}" in read(await officer.see(f"/desk/cases/{case_no}"))


async def test_a_result_goes_only_the_ways_that_the_item_has(backend: Backend) -> None:
    case_no = await backend.case()
    page = await Reader(backend, "ja-o1").see(f"/desk/cases/{case_no}/do/deliver")
    item = (await backend.get("ja-o1", "/v1/items/PTS_NEW", district="310106")).json()
    offered = re.findall(r'name="method" value="([^"]+)"', page.text)
    assert sorted(offered) == sorted(item["delivery"])
    assert "新密码" not in read(page)


async def test_faults_are_chosen_by_name_and_what_was_put_right_is_ticked(
    backend: Backend,
) -> None:
    body, officer = await backend.submission(), Reader(backend, "ja-o1")
    body["materials"] = [each for each in body["materials"] if each["code"] != "labour_contract"]
    case_no = (await backend.post("backend", "/v1/applications", body)).json()["case_no"]
    page = await officer.see(f"/desk/cases/{case_no}/do/pre-review")
    assert "系统核出的问题会自动列入" in read(page)
    assert 'option value="labour_contract">劳动合同' in page.text
    assert 'option value="ILLEGIBLE">看不清' in page.text
    form = form_to(page, "/do/pre-review")
    refused = await checked(officer, form, outcome="passed")
    assert refused.status_code in {409, 422}, read(refused)
    assert "尚有 1 项问题未解决" in read(refused)
    check = await checked(officer, form, outcome="passed", corrected="labour_contract")
    assert "会发生什么" in read(check), read(check)
    assert "缺少材料：劳动合同" in read(check), "what is ticked is said in words"


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ([], ""),
        ([(5, "applicant", "")], "，并发出 1 份文书给申请人"),
        ([(5, "applicant", ""), (5, "employer", "")], "，并发出 1 份文书给申请人、用人单位"),
        (
            [(5, "employer", ""), (6, "applicant", ""), (6, "employer", "")],
            "，并发出 2 份文书给用人单位、申请人",
        ),
        ([(5, "applicant", "text: missing item")], ""),
        ([(5, "applicant", "document: layout"), (6, "agent", "")], "，并发出 1 份文书给代办人"),
    ],
)
def test_a_button_says_how_many_documents_go_and_to_whom(
    letters: list[tuple[int, str, str]], said: str
) -> None:
    names = ("seq", "recipient", "problem")
    assert goes_out([dict(zip(names, each, strict=True)) for each in letters]) == said


async def test_a_case_from_the_work_list_to_its_review(backend: Backend) -> None:
    case_no = await backend.case()
    officer, reviewer = Reader(backend, "ja-o1"), Reader(backend, "ja-r1")
    page = read(await officer.see(f"/desk/cases/{case_no}"))
    assert "轮到受理窗口" in page or "：预审，" in page
    assert "现在不能办理的" in page
    assert "须在“待受理”阶段办理" in page
    assert "张*" in page

    assert "已办理：预审" in await acted(officer, case_no, "pre-review", outcome="passed")
    check = await officer.see(f"/desk/cases/{case_no}/do/accept")
    said = read(check)
    assert "核对：受理" in said
    assert "待受理 → 审核" in said
    assert "受理，并发出 1 份文书给申请人 " in said
    assert (await backend.titles(case_no)).count("accepted") == 0, "a check does nothing"
    sent = await carried_out(officer, check, "accept")
    again = await carried_out(officer, check, "accept")
    assert sent.headers["location"] == again.headers["location"], "sent twice, done once"
    assert (await backend.titles(case_no)).count("accepted") == 1
    done = read(await officer.see(sent.headers["location"]))
    assert "：审核，" in done
    assert "已办理：审核通过" in await acted(reviewer, case_no, "review", opinion="材料齐全")


async def test_who_has_a_task_that_waits_for_something_is_told_for_what(backend: Backend) -> None:
    filed = await backend.submission()
    (sha256,) = {each["sha256"] for each in filed["materials"]}
    further = ("diploma", "diploma_status_report", "diploma_registration_form")
    case_no = await backend.case(
        claims=filed["claims"] | {"points_by_education": True, "highest_education": "bachelor"},
        materials=filed["materials"]
        + [{"code": code, "form": "electronic", "sha256": sha256} for code in further],
    )
    officer, reviewer = Reader(backend, "ja-o1"), Reader(backend, "ja-r1")
    await acted(officer, case_no, "pre-review", outcome="passed")
    await acted(officer, case_no, "accept")
    waits = "您的待办现在还不能办理： 审核通过：“教育背景核实”尚未完成"
    assert waits in read(await reviewer.see(f"/desk/cases/{case_no}"))
    others = read(await officer.see(f"/desk/cases/{case_no}"))
    assert "现在没有轮到您办理的待办" in others
    page = await officer.see(f"/desk/cases/{case_no}/do/record-check")
    assert re.search('value="education"><label for="check-\\d">教育背景核实', page.text)
    assert "还没有核实完：教育背景核实" in read(page)
    form = form_to(page, "/do/record-check")
    check = await checked(officer, form, check="education", passed="true")
    assert "登记核实结果：教育背景核实，通过</button>" in check.text
    assert (await carried_out(officer, check, "record-check")).status_code == 303
    seen = read(await reviewer.see(f"/desk/cases/{case_no}"))
    assert "登记核实结果：教育背景核实通过" in seen
    assert "还不能办理" not in seen


async def test_a_refusal_says_where_and_keeps_what_was_typed(backend: Backend) -> None:
    case_no = await backend.case()
    officer = Reader(backend, "ja-o1")
    form = await opened(officer, case_no, "pre-review")
    refused = await checked(officer, form)
    assert refused.status_code == 422
    assert "缺少此项，请填写" in read(refused)
    assert 'href="#field-outcome"' in refused.text
    check = await checked(officer, form, **FAULTY)
    assert check.status_code == 200, read(check)
    assert "请重新上传 <b>" in read(check)
    assert "&lt;b&gt;" in check.text
    form = form_to(check, "/do/pre-review")
    changed = await officer.send(form.action, {**form.values, "step": "change"})
    kept = form_to(changed, "/do/pre-review").values
    assert kept["faults.0.code"] == "ILLEGIBLE"
    assert kept["faults.0.text"].replace("\r", "").strip() == FAULTY["faults.1.text"]
    assert kept["key"] == form.values["key"]
    more = await officer.send(form.action, {**form.values, "step": "more"})
    assert "faults.5.code" in form_to(more, "/do/pre-review").names


async def test_who_comes_second_sees_what_has_happened_and_loses_nothing(backend: Backend) -> None:
    case_no = await backend.case()
    first, second = Reader(backend, "ja-o1"), Reader(backend, "ja-o2")
    form = await opened(second, case_no, "pre-review")
    check = await checked(second, form, **FAULTY)
    await acted(first, case_no, "add-note", text="正在电话核实")
    refused = await carried_out(second, check, "pre-review")
    assert refused.status_code == 412, read(refused)
    assert "期间发生" in read(refused)
    assert "正在电话核实" in refused.text or "内部备注" in read(refused)
    form = form_to(refused, "/do/pre-review")
    assert form.values["faults.0.code"] == "ILLEGIBLE"
    check = await checked(second, form, **{k: v for k, v in form.values.items() if k != "step"})
    assert check.status_code == 200, read(check)
    assert (await carried_out(second, check, "pre-review")).status_code == 303


async def test_two_clicks_at_once_do_one_thing(backend: Backend) -> None:
    case_no = await backend.case()
    officer = Reader(backend, "ja-o1")
    form = await opened(officer, case_no, "add-note")
    check = await checked(officer, form, text="一次")
    sent = await asyncio.gather(*(carried_out(officer, check, "add-note") for _ in range(3)))
    assert {each.status_code for each in sent} == {303}
    assert (await backend.titles(case_no)).count("note_added") == 1


async def test_an_answer_that_is_late_is_waited_for(
    impatient: Backend, switch: Switch, backend: Backend
) -> None:
    case_no = await backend.case()
    officer = Reader(impatient, "ja-o1")
    check = await checked(officer, await opened(officer, case_no, "add-note"), text="稍等")
    switch.away = True
    sent = await carried_out(officer, check, "add-note")
    assert sent.status_code == 303, read(sent)
    waiting = await officer.see(sent.headers["location"])
    switch.away = False
    assert "已收到，处理中" in read(waiting)
    assert waiting.headers["refresh"] == "3"
    while "已办理" not in read(await Reader(backend, "ja-o1").see(sent.headers["location"])):
        pass
    assert (await backend.titles(case_no)).count("note_added") == 1
    lost = f"/desk/cases/{case_no}/done/add-note?key=..%2F..%2Fme"
    answer = await backend.http.get(lost, headers=backend.bearer("ja-o1"))
    assert answer.status_code in {404, 422}


async def test_files_are_sent_with_the_form(backend: Backend) -> None:
    case_no = await backend.case()
    officer = Reader(backend, "ja-o1")
    form = await opened(officer, case_no, "materials-received")
    answer = await backend.http.post(
        form.action,
        data={**form.values, "materials.0.code": "residence_permit", "step": "check"},
        files={"materials.0.sha256.file": ("证.pdf", PDF)},
        headers=backend.bearer("ja-o1"),
    )
    assert answer.status_code in {200, 409}, read(answer)
    values = form_to(answer, "/do/materials-received").values
    assert len(values["materials.0.sha256"].strip()) == 64
    torn = await backend.http.post(
        form.action,
        data={**form.values, "materials.0.code": "residence_permit", "step": "check"},
        files={"materials.0.sha256.file": ("证.exe", b"MZ nothing")},
        headers=backend.bearer("ja-o1"),
    )
    assert torn.status_code == 415
    assert "证.exe" in read(torn)
    assert form_to(torn, "/do/materials-received").values["materials.0.code"] == "residence_permit"


async def test_personal_data_are_shown_for_a_reason_only(backend: Backend) -> None:
    case_no = await backend.case()
    officer = Reader(backend, "ja-o1")
    page = await officer.see(f"/desk/cases/{case_no}")
    assert "310101199003071230" not in page.text
    form = form_to(page, "/reveal")
    assert (await officer.send(form.action, {**form.values, "reason": ""})).status_code == 422
    clear = await officer.send(form.action, {**form.values, "reason": "电话核对"})
    assert "310101199003071230" in read(clear)
    noted = (await backend.get("sh-u1", "/v1/accesses", case_no=case_no)).json()["items"]
    assert [each["reason"] for each in noted] == ["电话核对"]
    assert len(forms(clear)) == 1, "nothing is sent from a page in clear but the way out"
