"""A supervisor proposes in pages, a second person approves: suspensions, staff, catalogue."""

import re
from datetime import UTC, datetime, timedelta

from casework.domain.time.calendar import local_date
from casework.policy.staffing import of_files
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.in_force import PublishedCatalogues
from casework.store.materials import MaterialStore
from tests.api.live import Backend
from tests.desk.pages import Reader, form_to, links, read
from tests.publishing.trees import PACKAGED, longer_limit
from tests.workflows.ordering import seeded
from workers.starting import bring_in_staff, publish_first


async def through(
    reader: Reader,
    path: str,
    says: str = "",
    files: dict[str, tuple[str, bytes]] | None = None,
    /,
    **typed: str,
) -> str:
    """Fill in a form, check it, which ``says`` something, and send it; where it leads."""
    form = form_to(await reader.see(path), path.partition("?")[0])
    given = {**form.values, **typed, "step": "check"}
    check = await reader.send(form.action, given, files=files)
    assert check.status_code == 200, read(check)
    assert "还没有办理" in read(check)
    assert says in read(check)
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
    assert "须由另一人批准" in shown
    assert f"{place}/approve" not in links(await one.see(place))
    stranger = Reader(backend, "mh-s1")
    form = form_to(await stranger.see(f"{place}/approve"), f"{place}/approve")
    foretold = await stranger.send(form.action, {**form.values, "step": "check"})
    assert "现在不能预览" in read(foretold), "of a case that somebody may not read"
    desk = await other.see("/desk")
    assert "等待批准的指令" in read(desk)
    assert place in set(links(desk)), "it opens from the list of what waits"
    approved = await through(other, f"{place}/approve")
    assert "变动期限" in read(await other.see(approved))
    again = [each for each in links(await one.see(place)) if "lift_suspension" in each]
    lift = await through(one, again[0], lifted_on=today, reason="恢复")
    assert re.fullmatch(r"/desk/orders/ZL-[0-9A-Z-]+", lift)
    assert await through(other, f"{lift}/reject", reason="依据不足") == lift
    assert "已驳回" in read(await one.see(lift))


async def test_people_come_and_go_by_form_and_by_file(backend: Backend, sessions: Sessions) -> None:
    now = datetime.now(UTC)
    await bring_in_staff(sessions, of_files(), now)
    today = local_date(now).isoformat()
    one, other = Reader(backend, "ja-s1"), Reader(backend, "sh-u1")
    listed = await one.see("/desk/staff")
    ends = [each for each in links(listed) if "ends.0.post" in each]
    assert len(ends) == listed.text.count("交接清单</a>")
    shown = form_to(await one.see(ends[0]), "/change_staff")
    assert shown.values["ends.0.post"]
    post = {"person": "ja-o9", "role": "officer", "city": "310000", "district": "310106"}
    typed = {f"posts.0.{name}": value for name, value in post.items()}
    place = await through(
        one,
        "/desk/orders/new/change_staff?city=310000&district=310106",
        "设立岗位：1",
        **typed,
        **{"posts.0.rank": "3", "posts.0.since": today, "reason": "增加人手"},
    )
    said = read(await one.see(place))
    assert "ja-o9" in said
    assert "专长" not in said, "rows hold what was typed, and nothing else"
    assert await through(other, f"{place}/reject", reason="编制已满") == place

    head = "人员,岗位,市,区,顺序,起始日\n"
    about = {"city": "310000", "district": "310106", "reason": "轮换"}
    faulty = {"file.file": ("名单.csv", f"{head}ja-o9,officer,310000,310106,3,昨天\n".encode())}
    form = form_to(await one.see("/desk/staff/import"), "/import")
    refused = await one.send(form.action, {**form.values, **about, "step": "check"}, files=faulty)
    assert refused.status_code == 422
    assert "第 2 行“起始日”" in read(refused)
    empty = await one.send(form.action, {**form.values, **about, "step": "check"})
    assert "请选择名单文件" in read(empty)
    rows = f"ja-o8,officer,310000,310106,3,{today}\nja-o9,officer,310000,310106,4,{today}\n"
    files = {"file.file": ("名单.csv", (head + rows).encode())}
    place = await through(one, "/desk/staff/import", "设立岗位：2", files, **about)
    said = read(await other.see(place))
    assert "ja-o8" in said
    assert "待批准" in said
    assert "交接清单 ja-o1" in read(await one.see("/desk/lists/handover/ja-o1"))


async def test_a_catalogue_is_sent_looked_at_and_ordered(
    backend: Backend, sessions: Sessions, settings: Settings
) -> None:
    await seeded(sessions)
    store = MaterialStore.open(settings.store_url)
    await publish_first(
        sessions, PublishedCatalogues(PACKAGED, sessions, store, lambda: datetime.now(UTC))
    )
    case_no = await backend.case()
    today = local_date(datetime.now(UTC))
    one = Reader(backend, "sh-u1")
    form = form_to(await one.see("/desk/catalogue"), "/catalogue")
    assert "请选择目录" in read(await one.send(form.action, form.values))
    wrong = await one.send(form.action, form.values, files={"file": ("a.zip", b"PK no archive")})
    assert (wrong.status_code, "CATALOGUE_INVALID" in read(wrong)) == (422, True)
    newer = longer_limit(3, today + timedelta(days=2)).archive.content
    sent = await one.send(form.action, form.values, files={"file": ("b.zip", newer)})
    assert sent.status_code == 303, read(sent)
    place = await through(
        one, sent.headers["location"], case_no, first_on=today.isoformat(), reason="新办法施行"
    )
    assert "待批准" in read(await one.see(place))
    assert "现行" in read(await one.see("/desk/catalogue"))
