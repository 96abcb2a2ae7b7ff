"""The pages in a browser: each as each post, without a script, by keyboard, on a small screen."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from casework.domain.kinds.registry import KINDS, CaseKind
from tests.api.live import Backend
from tests.api.platform import Platform
from tests.authority.every_kind import standing
from tests.desk.browser import SMALL, WIDE, rough, somebody
from tests.desk.test_authority import READERS, WANTED, filled
from tests.examples import is_night

BY_DAY = ("ja-o1", "ja-s1", "applicant")
PEOPLE = (*BY_DAY, "ja-r1", "ja-h1", "sh-u1") if is_night() else BY_DAY
ROLES = {who: role for role, who in READERS.items() if role != "talent"}
PAGES = (
    *("", "/keys", "/tasks", "/cases", "/cases/{case_no}", "/cases/{case_no}/clocks"),
    *("/phrases", "/phrases/new"),
)
WATCHED = (
    *("/board", "/board?wall=1&district=310106", "/reports", "/cards", "/cards?open="),
    *("/orders", "/orders/new", "/orders/new/open_suspension", "/orders/new/start_measure"),
    *("/absences", "/absences/new", "/staff", "/staff/import", "/orders/new/change_staff"),
    *("/catalogue", "/lists", "/lists/outreaches", "/lists/ratings", "/lists/visitors", "/web-ui"),
    *("/reassign", "/consultations/new", "/tickets/new", "/walkthroughs/new", "/units/new"),
)
"""The pages of those who watch others' work."""
WATCHING = frozenset({"ja-s1", "sh-u1"})


def pages(who: str, case_no: str) -> Iterator[tuple[str, bool]]:
    """The pages that somebody looks at, and whether each is shown; at night all that there are."""
    if not is_night():
        for path in (*PAGES, *(WATCHED if who in WATCHING else ())):
            yield "/desk" + path.format(case_no=case_no), who != "applicant"
        return
    for page, may in WANTED.items():
        if "static" not in page and "{rest:path}" not in page:
            yield from ((each, ROLES[who] in may) for each in filled(page, case_no))


FORMS = ("pre-review", "ask-opinion", "materials-received", "request-green", "correct-address")


@pytest.mark.parametrize("who", PEOPLE)
async def test_every_page_as_everybody(
    chromium: Browser, site: str, backend: Backend, who: str
) -> None:
    case_no = await backend.case()
    async with somebody(chromium, site, who, size=SMALL if who == "ja-r1" else WIDE) as page:
        found = []
        for path, shown in pages(who, case_no):
            answer = await page.goto(path)
            assert answer is not None
            assert answer.status in {200, 403, 404}, (path, answer.status)
            assert answer.status == 200 or not shown, path
            found += await rough(page)
            wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{page.url} is wider than the screen"
        for verb in FORMS if who == "ja-o1" else ():
            await page.goto(f"/desk/cases/{case_no}/do/{verb}")
            found += await rough(page)
        assert found == []


async def test_a_case_is_accepted_without_a_script(
    chromium: Browser, site: str, backend: Backend
) -> None:
    case_no = await backend.case()
    async with somebody(chromium, site, "ja-o1", anew=True, java_script_enabled=False) as page:
        await page.get_by_role("link", name="待办", exact=True).click()
        await page.get_by_role("link", name=case_no).click()
        await page.get_by_role("link", name="预审", exact=True).click()
        await page.get_by_role("button", name="下一步").click()
        assert await page.get_by_role("alert").is_visible()
        await page.get_by_role("link", name="缺少此项").first.click()
        await page.get_by_label("通过", exact=True).check()
        await page.get_by_role("button", name="下一步").click()
        await page.get_by_role("button", name="预审：通过").click()
        assert "待受理" in await page.inner_text("main")
        await page.get_by_role("link", name="查看办件").click()
        await page.get_by_role("link", name="受理", exact=True).click()
        assert "会发出的文书" in await page.inner_text("main")
        await page.get_by_role("button", name="受理").click()
        assert "已办理：受理" in await page.inner_text("main")
        await page.get_by_role("button", name="退出").click()
        assert "已退出" in await page.inner_text("main")
    assert "accepted" in await backend.titles(case_no)


async def test_keys_go_through_a_list_and_can_be_switched_off(
    chromium: Browser, site: str, backend: Backend
) -> None:
    first, second = sorted([await backend.case(), await backend.case()])
    async with somebody(chromium, site, "ja-o1") as page:
        await page.goto("/desk/tasks")
        for key in ("j", "j", "k", "Enter"):
            await page.keyboard.press(key)
        await page.wait_for_url(f"{site}/desk/cases/{first}")
        await page.keyboard.press("n")
        await page.wait_for_url(f"{site}/desk/cases/{second}")
        await page.keyboard.press("/")
        await page.wait_for_url(f"{site}/desk/cases")
        await page.keyboard.press("/")
        await page.keyboard.type("n?j")
        assert await page.get_by_label("办件编号").input_value() == "n?j"
        await page.goto("/desk/keys")
        await page.get_by_role("button", name="关闭快捷键").click()
        await page.goto("/desk/tasks")
        await page.keyboard.press("n")
        await page.keyboard.press("j")
        assert page.url == f"{site}/desk/tasks"
        assert await page.evaluate("document.activeElement === document.body")


SIZES = (SMALL, WIDE) if is_night() else (SMALL,)
KINDS_SHOWN = (CaseKind.TICKET, CaseKind.WAGE, CaseKind.WALKTHROUGH)
"""By day; at night a case of every kind."""
WITH_DATA = (
    *("/reports", "/lists/consultations", "/consultations/new", "/tickets/new"),
    *("/walkthroughs/new", "/lists/walk-entries", "/units/new", "/lists/units"),
)


async def looked_at(page: Page, path: str, *, scripts: bool) -> list[object]:
    """What axe finds of a page that is there, and that is not wider than its screen.

    Axe is a script: where there are none, it would wait for ever.
    """
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == 200, (path, answer.status)
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, f"{path} is wider than the screen"
    return list(await rough(page)) if scripts else []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scripts", [True, False] if is_night() else [True])
async def test_pages_of_all_kinds_with_data_on_them(
    chromium: Browser,
    site: str,
    backend: Backend,
    platform: Platform,
    size: tuple[int, int],
    *,
    scripts: bool,
) -> None:
    asked = {"channel": "phone", "topic": "points", "answered": True}
    logged = await backend.post("ja-o1", "/v1/consultations", asked)
    assert logged.status_code == 201, logged.text
    found = []
    how: dict[str, Any] = {"size": size, "anew": not scripts, "java_script_enabled": scripts}
    for kind in KINDS if is_night() else KINDS_SHOWN:
        case = await standing(kind, platform)
        acts = (await backend.get(case.assigned, f"/v1/cases/{case.case_no}/acts")).json()["items"]
        forms = [each["verb"] for each in acts if each["may"]]
        async with somebody(chromium, site, case.assigned, **how) as page:
            place = f"/desk/cases/{case.case_no}"
            found += await looked_at(page, place, scripts=scripts)
            for verb in forms if is_night() else forms[:2]:
                found += await looked_at(page, f"{place}/do/{verb}", scripts=scripts)
    async with somebody(chromium, site, "ja-s1", **how) as page:
        for path in WITH_DATA:
            found += await looked_at(page, "/desk" + path, scripts=scripts)
    assert found == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scripts", [True, False])
async def test_anybody_books_on_a_page_that_fits(
    chromium: Browser, site: str, size: tuple[int, int], *, scripts: bool
) -> None:
    context = await chromium.new_context(
        locale="zh-CN",
        viewport={"width": size[0], "height": size[1]},
        base_url=site,
        java_script_enabled=scripts,
    )
    page = await context.new_page()
    found = await looked_at(page, "/book/310106", scripts=scripts)
    await page.locator("select[name=business]").select_option("points")
    await page.locator("form[method=get] button, form:not([method]) button").first.click()
    assert "business=points" in page.url
    found += await looked_at(page, page.url, scripts=scripts)
    found += await looked_at(page, "/guides", scripts=scripts)
    found += await looked_at(page, "/verify", scripts=scripts)
    await context.close()
    assert found == []


SMALL_TARGETS = """() => [...document.querySelectorAll("button, summary, select, .top a, .views a")]
    .map((each) => [each.textContent.trim().slice(0, 20), each.getBoundingClientRect()])
    .filter(([, box]) => box.width && box.left >= 0 && (box.width < 24 || box.height < 24))
    .map(([text, box]) => `${text} ${box.width} x ${box.height}`)"""


async def test_pages_reflow_and_print_and_take_help_and_phrases(
    chromium: Browser, site: str, backend: Backend
) -> None:
    case_no = await backend.case()
    text = "经电话核实，申请人自愿撤回。"
    kept = await backend.post("ja-o1", "/v1/phrases", {"verb": "withdraw", "text": text})
    assert kept.status_code == 201, kept.text
    paths = ("/tasks", f"/cases/{case_no}", f"/cases/{case_no}/do/withdraw", "/phrases/new")
    async with somebody(chromium, site, "ja-o1", size=(320, 640)) as page:
        for path in paths:
            await page.goto("/desk" + path)
            wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{path} is wider than a screen of 320"
            assert await page.evaluate(SMALL_TARGETS) == []
        await page.goto(f"/desk/cases/{case_no}")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "跳到正文"
        help_of_page = page.locator("#help ul")
        assert not await help_of_page.is_visible()
        await page.keyboard.press("?")
        assert await help_of_page.is_visible()
        assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"
        await page.keyboard.press("?")
        assert not await help_of_page.is_visible()
        await page.emulate_media(media="print")
        assert not await page.get_by_role("navigation").first.is_visible()
        assert not await page.locator("#help").is_visible()
        assert await page.get_by_role("heading", name="办理经过").is_visible()
        await page.emulate_media(media="screen")
        await page.goto(f"/desk/cases/{case_no}/do/withdraw")
        reason = page.locator("textarea[name=reason]")
        await reason.fill("来电。")
        await page.get_by_label("常用语").select_option(text)
        await page.get_by_role("button", name="插入").click()
        assert await reason.input_value() == f"来电。\n{text}"
        assert await rough(page) == []
