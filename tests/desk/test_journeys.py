"""Whole journeys in a browser, as people go them; nothing rough for axe on any page on the way.

The applicant's journey is in test_my_browser.py.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, Page

from casework.domain.time.calendar import local_date
from tests.api.live import Backend
from tests.citizens import citizen
from tests.desk.browser import rough, somebody
from tests.desk.test_my_browser import on_a_telephone
from tests.examples import at_night, is_night
from tests.files import picture

TEN = 10 if is_night() else 2
_MOST_TABS = 25


async def filled_in(page: Page, typed: Mapping[str, str]) -> None:
    """Fill in the fields of a form by their names, whatever sort they are."""
    for name, value in typed.items():
        fields = page.locator(f"[name='{name}']:not([type=hidden])")
        sort = await fields.first.evaluate("e => e.type")
        if sort in {"radio", "checkbox"}:
            for each in value.splitlines():
                await page.locator(f"[name='{name}'][value='{each}']").check()
        elif sort == "select-one":
            await fields.select_option(value)
        else:
            await fields.fill(value)


async def through(page: Page, typed: Mapping[str, str], *, says: str = "") -> None:
    """Fill in the form that is open, look at what would happen, and do it."""
    await filled_in(page, typed)
    further = page.get_by_role("button", name="下一步")
    if await further.count():
        assert await rough(page) == []
        await further.click()
    main = await page.inner_text("main")
    assert "还没有办理" in main or "尚未登记" in main, main
    assert says in main, main
    assert await rough(page) == []
    await page.locator("button[value='send']").click()


async def does(
    page: Page, case_no: str, verb: str, typed: Mapping[str, str] | None = None, *, says: str = ""
) -> None:
    """Open a case, choose a verb there, and carry it through to its receipt."""
    await page.goto(f"/desk/cases/{case_no}")
    link = page.locator(f"a[href$='/do/{verb}']")
    assert await link.count(), await page.locator("section:has(#acts-heading)").text_content()
    await link.click()
    await through(page, typed or {}, says=says)
    await page.wait_for_url("**/done/**")
    assert "已办理" in await page.inner_text("main")


@at_night
async def test_a_case_with_green_channel_and_deferral_from_the_list_to_delivery(
    chromium: Browser, site: str, backend: Backend, tmp_path: Path
) -> None:
    """By day `test_a_case_is_accepted_without_a_script` goes its first half."""
    body = await backend.submission(district="310109")
    body["materials"] = [each for each in body["materials"] if each["code"] != "sealed_copies"]
    opened = await backend.post("backend", "/v1/applications", body)
    case_no = str(opened.json()["case_no"])
    copies = tmp_path / "copies.jpg"
    copies.write_bytes(picture("JPEG", (1200, 1600)))
    soon = local_date(datetime.now(UTC)) + timedelta(days=25)
    async with (
        somebody(chromium, site, "hk-o1") as officer,
        somebody(chromium, site, "hk-s1") as supervisor,
        somebody(chromium, site, "hk-r1") as reviewer,
        on_a_telephone(chromium, site, "applicant", f"/my/cases/{case_no}") as (phone, _),
    ):
        await officer.get_by_role("link", name="待办", exact=True).click()
        await officer.get_by_role("link", name=case_no).click()
        assert "轮到" in await officer.inner_text(".turn")
        green = {
            "reason_code": "school_enrolment",
            "external_on": str(soon),
            "evidence": "加急申请\n情况说明",
        }
        await does(officer, case_no, "request-green", green)
        deferred = {"materials": "sealed_copies", "reason": "公章外借", "mode": "hold_result"}
        await does(officer, case_no, "offer-deferral", deferred)
        await does(supervisor, case_no, "consent-green", {"granted": "true"}, says="绿色通道")

        await phone.goto(f"/my/cases/{case_no}")
        await phone.get_by_role("link", name="签署容缺承诺书").first.click()
        await phone.locator("input[name=promised]").check()
        await phone.get_by_role("button", name="下一步").click()
        await phone.get_by_role("button", name="签署承诺书").click()
        await phone.wait_for_url("**?done=promise")

        await does(officer, case_no, "pre-review", {"outcome": "passed"})
        await does(officer, case_no, "accept", says="会发出的文书")
        await does(reviewer, case_no, "review", {"opinion": "材料齐全"})
        await does(reviewer, case_no, "report-up")
        answer = await backend.do(
            "superior-system", case_no, "superior-decision", outcome="approved"
        )
        assert answer.status_code == 200, answer.text

        await officer.goto(f"/desk/cases/{case_no}")
        assert not await officer.locator("a[href$='/do/deliver']").count()
        assert "容缺材料补齐之前不得发放结果" in await officer.inner_text(
            "section:has(#acts-heading)"
        )

        await phone.goto(f"/my/cases/{case_no}")
        await phone.get_by_role("link", name="补交容缺材料").first.click()
        await phone.get_by_label("拍照").first.set_input_files(copies)
        await phone.get_by_role("button", name="下一步").click()
        await phone.get_by_role("button", name="交出这些材料").click()
        await phone.wait_for_url("**?done=materials_received")
        kept = {"material": "sealed_copies", "in_order": "true"}
        await does(officer, case_no, "check-material", kept)
        await does(officer, case_no, "deliver", {"method": "self_print"}, says="会发出的文书")
        await phone.goto(f"/my/cases/{case_no}")
        assert await phone.get_by_role("link", name="评价这次服务").is_visible()
    told = await backend.titles(case_no)
    assert {"green_opened", "deferral_promised", "accepted"} <= set(told), told


async def test_a_suspension_is_proposed_forecast_approved_and_lifted(
    chromium: Browser, site: str, backend: Backend
) -> None:
    case_no = await backend.case()
    today = str(local_date(datetime.now(UTC)))
    reach = {"reach.scope": "case", "reach.key": case_no}
    why = {"reason": "封控", "basis": "区通告", "first_on": today}
    async with (
        somebody(chromium, site, "ja-s1") as one,
        somebody(chromium, site, "sh-u2") as other,
    ):
        await one.goto("/desk/orders/new/open_suspension")
        await through(one, reach | why, says="到期负荷预测")
        await one.wait_for_url("**/desk/orders/ZL-*")
        place = one.url
        await other.goto(place)
        await other.get_by_role("link", name="批准").click()
        await through(other, {}, says="会发生什么")
        await other.wait_for_url("**/desk/orders/ZL-*")
        assert "变动期限" in await other.inner_text("main")
        assert await rough(other) == []
        await one.goto(place)
        await one.get_by_role("link", name="解除此暂停").click()
        await through(one, {"lifted_on": today, "reason": "恢复"})
        await one.wait_for_url("**/desk/orders/ZL-*")
        await other.goto(one.url)
        await other.get_by_role("link", name="批准").click()
        await through(other, {})
        await other.wait_for_url("**/desk/orders/ZL-*")
        assert "变动期限" in await other.inner_text("main")


@at_night
async def test_two_officers_collide_and_the_second_loses_nothing(
    chromium: Browser, site: str, backend: Backend
) -> None:
    """By day `test_who_comes_second_sees_what_has_happened_and_loses_nothing` does, as HTML."""
    case_no = await backend.case()
    async with (
        somebody(chromium, site, "ja-o1") as first,
        somebody(chromium, site, "ja-o2") as second,
    ):
        await second.goto(f"/desk/cases/{case_no}/do/pre-review")
        await filled_in(second, {"outcome": "passed", "corrected": "出生日期\n联系电话"})
        await second.get_by_role("button", name="下一步").click()
        await does(first, case_no, "add-note", {"text": "正在核实学历"})
        await second.locator("button[value='send']").click()
        main = await second.inner_text("main")
        assert "期间发生" in main
        assert await rough(second) == []
        assert "出生日期" in await second.locator("[name='corrected']").input_value()
        await through(second, {})
        await second.wait_for_url("**/done/**")
    assert (await backend.titles(case_no)).count("pre_review_passed") == 1


async def _reach(page: Page, words: str, *, past: str = "跳到正文") -> None:
    """Jump ``past`` the navigation, and go on with Tab until these words have the focus."""
    await _tab_to(page, past)
    await page.keyboard.press("Enter")
    await _tab_to(page, words)


async def _tab_to(page: Page, words: str) -> None:
    for _ in range(_MOST_TABS):
        await page.keyboard.press("Tab")
        told = await page.evaluate(
            "(e => e.labels?.[0]?.innerText ?? e.innerText ?? '')(document.activeElement)"
        )
        if told.strip().startswith(words):
            return
    raise AssertionError(f"{words} is not reached by Tab on {page.url}")


async def test_an_officer_with_a_keyboard_alone_does_ten_cases(
    chromium: Browser, site: str, backend: Backend
) -> None:
    people = [
        {"name": "张三", "id_number": citizen(f"keys-{n}"), "phone": "13800001234"}
        for n in range(TEN)
    ]
    numbers = {await backend.case(applicant=person) for person in people}
    async with somebody(chromium, site, "ja-o1") as page:
        keys = page.keyboard
        await page.goto("/desk/tasks?kind=pre_review")
        await keys.press("j")
        await keys.press("Enter")
        await page.wait_for_url("**/desk/cases/*")
        done = set()
        while True:
            done.add(page.url.rpartition("/")[2])
            await _reach(page, "预审", past="跳到办理")
            await keys.press("Enter")
            await page.wait_for_url("**/do/pre-review")
            await _reach(page, "通过")
            await keys.press("Space")
            await keys.press("Enter")
            await page.wait_for_load_state()
            assert "尚未登记" in await page.inner_text("main")
            await _reach(page, "预审：通过")
            await keys.press("Enter")
            await page.wait_for_url("**/done/**")
            if len(done) == TEN:
                break
            await _reach(page, "办下一件")
            await keys.press("Enter")
            await page.wait_for_url("**/desk/cases/*")
    assert done == numbers
