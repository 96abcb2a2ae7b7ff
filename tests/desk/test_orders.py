"""A supervisor proposes in pages, a second person approves, and the suspension is lifted again."""

import re
from datetime import UTC, datetime

from casework.domain.time.calendar import local_date
from tests.api.live import Backend
from tests.desk.pages import Reader, form_to, links, read


async def through(reader: Reader, path: str, **typed: str) -> str:
    """Fill in a form, check it, send it; where it leads."""
    form = form_to(await reader.see(path), path.partition("?")[0])
    check = await reader.send(form.action, {**form.values, **typed, "step": "check"})
    assert check.status_code == 200, read(check)
    assert "还没有办理" in read(check)
    form = form_to(check, path.partition("?")[0])
    sent = await reader.send(form.action, {**form.values, "step": "send"})
    assert sent.status_code == 303, read(sent)
    return sent.headers["location"]


async def test_an_order_from_proposal_to_lifting(backend: Backend) -> None:
    one, other = Reader(backend, "ja-s1"), Reader(backend, "sh-u2")
    case_no = await backend.case()
    today = local_date(datetime.now(UTC)).isoformat()
    reach = {"reach.scope": "case", "reach.key": case_no}
    why = {"reason": "封控", "basis": "通告", "first_on": today}
    place = await through(one, "/desk/orders/new/open_suspension", **reach, **why)
    shown = read(await one.see(place))
    assert "待批准" in shown
    assert "封控" in shown
    approved = await through(other, f"{place}/approve")
    assert "变动期限" in read(await other.see(approved))
    again = [each for each in links(await one.see(place)) if "lift_suspension" in each]
    lift = await through(one, again[0], lifted_on=today, reason="恢复")
    assert re.fullmatch(r"/desk/orders/ZL-[0-9A-Z-]+", lift)
    assert await through(other, f"{lift}/reject", reason="依据不足") == lift
    assert "已驳回" in read(await one.see(lift))
