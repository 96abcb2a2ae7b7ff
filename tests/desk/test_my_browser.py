"""我的办件 on a telephone: an applicant supplements and rates, an employer looks on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.api.live import Backend
from tests.desk.browser import SMALL, rough, somebody
from tests.desk.test_my import lacking
from tests.files import picture


@asynccontextmanager
async def on_a_telephone(
    chromium: Browser, site: str, who: str, path: str
) -> AsyncIterator[tuple[Page, list[Any]]]:
    """A telephone on which somebody follows a link and logs in; what axe finds."""
    found: list[Any] = []
    # An employer leaves by the button, and ends its session.
    telephone = {"has_touch": True, "is_mobile": True, "anew": True}
    async with somebody(chromium, site, who, at=path, size=SMALL, **telephone) as page:
        yield page, found
    assert found == []


async def looked_at(page: Page, found: list[Any]) -> None:
    """Nothing rough on the page, and nothing wider than the telephone."""
    found += await rough(page)
    assert not await page.evaluate(f"document.documentElement.scrollWidth > {SMALL[0]}")


async def test_an_applicant_follows_the_receipt_supplements_and_rates(
    chromium: Browser, site: str, backend: Backend, tmp_path: Path
) -> None:
    case_no = await lacking(backend)
    photo = tmp_path / "contract.jpg"
    photo.write_bytes(picture("JPEG", (1200, 1600)))
    async with on_a_telephone(chromium, site, "applicant", f"/my/cases/{case_no}") as (page, found):
        assert await page.locator(".turn").is_visible()
        await looked_at(page, found)
        await page.get_by_role("link", name="补正材料").click()
        await looked_at(page, found)
        await page.get_by_role("button", name="下一步").click()
        assert await page.get_by_role("alert").is_visible()
        await looked_at(page, found)
        await page.get_by_label("拍照").set_input_files(photo)
        await page.get_by_role("button", name="下一步").click()
        assert "contract.jpg" in await page.inner_text("main")
        await looked_at(page, found)
        await page.get_by_role("button", name="交出补正材料").dblclick()
        await page.wait_for_url("**/my/cases/*?done=supplement")
        assert "轮到窗口" in await page.inner_text(".turn")
        await page.get_by_role("link", name="撤回申请").click()
        await looked_at(page, found)
        await page.get_by_role("button", name="下一步").click()
        await page.get_by_role("button", name="撤回这件申请").click()
        await page.wait_for_url("**/my/cases/*?done=withdraw")
        await page.get_by_role("link", name="评价这次服务").click()
        await looked_at(page, found)
        await page.get_by_label("非常满意", exact=True).check()
        await page.get_by_role("button", name="提交评价").click()
        assert "谢谢您的评价" in await page.inner_text("main")
    assert (await backend.titles(case_no)).count("supplement_received") == 1


async def test_an_employer_sees_the_cases_of_its_people(
    chromium: Browser, site: str, backend: Backend
) -> None:
    case_no = await lacking(backend)
    async with on_a_telephone(chromium, site, "employer", "/my") as (page, found):
        assert "单位人事" in await page.inner_text("h1")
        await looked_at(page, found)
        await page.locator(f"a[href$='{case_no}']").click()
        assert "本单位可以代为办理。轮到申请人" in await page.inner_text(".turn")
        await looked_at(page, found)
        await page.get_by_role("button", name="退出").click()
        assert "已退出" in await page.inner_text("main")


async def test_anybody_books_on_a_telephone(chromium: Browser, site: str) -> None:
    telephone: Any = {"has_touch": True, "is_mobile": True}
    async with await chromium.new_context(
        base_url=site, viewport={"width": SMALL[0], "height": SMALL[1]}, **telephone
    ) as context:
        page = await context.new_page()
        found: list[Any] = []
        await page.goto("/book/310106")
        await page.get_by_label("请选择要办理的业务").select_option(label="居住证积分")
        await page.get_by_role("button", name="查看可预约的时段").click()
        await looked_at(page, found)
        assert await page.locator("details[open]").count() == 1, "the other days are a line each"
        await page.locator("details[open] input:not([disabled])").first.check()
        await page.get_by_label("姓名").fill("王小明")
        await page.get_by_label("证件号码").fill("110105194912310021")
        await page.get_by_label("手机号码").fill("13800001234")
        await page.get_by_role("button", name="提交预约").click()
        await looked_at(page, found)
        assert await page.locator("#id_number").evaluate("e => e === document.activeElement")
        assert await page.get_by_label("姓名").input_value() == "王小明"
        assert await page.locator("input[name=slot]:checked").count() == 1
        await page.get_by_label("证件号码").fill("11010519491231002X")
        await page.get_by_role("button", name="提交预约").click()
        assert "310106-" in await page.inner_text("main")
        await looked_at(page, found)
        assert found == []
