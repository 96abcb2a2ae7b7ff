"""The browser of the tests: people who have logged in, and what axe finds on their pages."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page

from tests.examples import is_night

WIDE, SMALL = (1366, 768), (390, 844)
_ROUGH = frozenset({"serious", "critical"})
_NUMBER = re.compile(r"[0-9A-Z]+(-[0-9A-Z]+)+|\d+")
_logins: dict[tuple[str, str], Any] = {}
"""The cookies with which somebody was logged in before: a login takes longer than a page."""
_looked_at: set[tuple[str, int]] = set()


@asynccontextmanager
async def somebody(
    chromium: Browser,
    site: str,
    who: str,
    *,
    at: str = "/desk",
    size: tuple[int, int] = WIDE,
    anew: bool = False,
    **more: Any,
) -> AsyncIterator[Page]:
    """A browser in which somebody has logged in, at a page; nothing may complain in it.

    ``anew``: logs in although they have before, and may log out. ``more``: as Playwright's context.
    """
    known = None if anew else _logins.get((site, who))
    context = await chromium.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": size[0], "height": size[1]},
        base_url=site,
        storage_state=known,
        **more,
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(at)
    if known is None:
        await _log_in(page, context, site, who, keep=not anew)
    await page.wait_for_url(f"{site}{at}")
    yield page
    await context.close()
    assert [each for each in complaints if "status of 4" not in each] == []


async def _log_in(page: Page, context: BrowserContext, site: str, who: str, *, keep: bool) -> None:
    await page.locator(f"button[value='{who}']").click()
    await page.wait_for_url(f"{site}/**")
    if keep:
        _logins[site, who] = await context.storage_state()


async def rough(page: Page) -> list[dict[str, Any]]:
    """What axe finds that keeps somebody from using the page.

    By day a kind of page, known by its title, is looked at once at each width; at night all are.
    """
    kind = _NUMBER.sub("", await page.title()), await page.evaluate("innerWidth")
    if kind in _looked_at and not is_night():
        return []
    _looked_at.add(kind)
    found = (await Axe().run(page)).response["violations"]
    return [
        {"page": page.url, "rule": each["id"], "where": [n["html"] for n in each["nodes"]][:3]}
        for each in found
        if each["impact"] in _ROUGH
    ]
