"""Appointments over HTTP: free slots, booking by officers and by anybody, and who sees them."""

import asyncio
import html
import itertools
import re
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from casework.store.engine import Sessions
from casework.store.models import PlaceHolds
from tests.api.live import Backend
from tests.api.test_problems import assert_problem

PUDONG, JINGAN = "310115", "310106"
NAME, NUMBER, PHONE = "欧阳某某", "310101199003071230", "13912345678"
_numbers = itertools.count(1)


def visit(slot: dict[str, Any], district: str = PUDONG, business: str = "points") -> dict[str, Any]:
    return {
        "district": district,
        "reference": f"YY-{next(_numbers)}",
        "applicant": {"name": NAME, "id_number": NUMBER, "phone": PHONE},
        "business": business,
        "day": slot["day"],
        "at": slot["at"],
    }


async def slots(
    backend: Backend, district: str = PUDONG, business: str = "points"
) -> list[dict[str, Any]]:
    by = {PUDONG: "pd-o1", JINGAN: "ja-o1"}[district]
    answer = await backend.get(by, "/v1/slots", district=district, business=business)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def small(backend: Backend) -> list[dict[str, Any]]:
    """Those of two places that are free, whoever else of these tests has booked."""
    return [each for each in await slots(backend) if each["places"] == each["free"] == 2]


async def book(backend: Backend, body: dict[str, Any], by: str = "pd-o1") -> httpx.Response:
    return await backend.post(by, "/v1/appointments", body)


async def test_of_many_who_book_at_once_as_many_get_a_place_as_there_are(backend: Backend) -> None:
    slot, other, *_ = await small(backend)
    answers = await asyncio.gather(*(book(backend, visit(slot)) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [201, 201, 409, 409, 409, 409]
    full = {assert_problem(each)["code"] for each in answers if each.status_code == 409}
    assert full == {"SLOT_FULL"}
    late = assert_problem(await book(backend, visit(slot)))
    assert "最近可约" in late["detail"]
    now = {(each["day"], each["at"]): each["free"] for each in await small(backend)}
    assert (slot["day"], slot["at"]) not in now
    # A move goes by the same count, and gives back what it leaves.
    number = next(each.json()["case_no"] for each in answers if each.status_code == 201)
    (beside,) = [await book(backend, visit(other))]
    there = {"day": slot["day"], "at": slot["at"], "reason": "来电改期"}
    way = f"/v1/appointments/{beside.json()['case_no']}/move-appointment"
    refused = assert_problem(await backend.post("pd-o1", way, there))
    assert refused["code"] == "SLOT_FULL"
    cancelled = f"/v1/appointments/{number}/cancel-appointment"
    assert (await backend.post("pd-o1", cancelled, {"reason": "来电取消"})).status_code == 200
    assert (await backend.post("pd-o1", way, there)).status_code == 200
    assert assert_problem(await book(backend, visit(slot)))["code"] == "SLOT_FULL"
    assert (await book(backend, visit(other))).status_code == 201


async def test_a_move_that_is_only_tried_is_told_the_same_and_touches_no_place(
    backend: Backend, sessions: Sessions
) -> None:
    full, own, free, *_ = await small(backend)
    for _ in range(full["free"]):
        assert (await book(backend, visit(full))).status_code == 201
    case_no = (await book(backend, visit(own))).json()["case_no"]
    way = f"/v1/appointments/{case_no}/move-appointment"
    async with sessions.begin() as session:  # a move that is on its way has this place
        await session.execute(
            insert(PlaceHolds).values(
                case_no=case_no,
                district=PUDONG,
                office="",
                business="points",
                day=date.fromisoformat(free["day"]),
                at=free["at"],
            )
        )
        held = (await session.execute(select(PlaceHolds.__table__))).all()

    async def moved(day: str, at: str, **asked: str) -> httpx.Response:
        body = {"day": day, "at": at, "reason": "来电改期"}
        headers = backend.bearer("pd-o1")
        return await backend.http.post(way, json=body, params=asked, headers=headers)

    tried = [
        await moved(full["day"], full["at"], dry_run="true"),
        await moved(free["day"], "03:00", dry_run="true"),  # the office is closed then
        await moved(free["day"], free["at"], dry_run="true"),
    ]
    async with sessions() as session:
        assert (await session.execute(select(PlaceHolds.__table__))).all() == held
    assert [each.status_code for each in tried] == [409, 422, 200], [each.text for each in tried]
    done = [await moved(full["day"], full["at"]), await moved(free["day"], "03:00")]
    assert [assert_problem(each) for each in done] == [assert_problem(each) for each in tried[:2]]


async def test_the_same_booking_again_is_the_same_appointment(backend: Backend) -> None:
    slot = (await small(backend))[0]
    body = visit(slot)
    first, second = await asyncio.gather(book(backend, body), book(backend, body))
    assert {first.status_code, second.status_code} == {201, 200}
    assert first.json()["case_no"] == second.json()["case_no"]
    other = assert_problem(await book(backend, body | {"about": "310106-4A2J-5S06-9FJR"}))
    assert other["code"] == "CONTENT_DIFFERS"
    free = {(each["day"], each["at"]): each["free"] for each in await slots(backend)}
    assert free[slot["day"], slot["at"]] == slot["free"] - 1


async def test_nobody_beyond_the_district_sees_who_comes(backend: Backend) -> None:
    slot = (await slots(backend))[-3]
    number = (await book(backend, visit(slot))).json()["case_no"]
    answer = await backend.get("pd-o1", "/v1/visitors", day=slot["day"])
    mine = next(each for each in answer.json()["items"] if each["case_no"] == number)
    assert (mine["visitor"], mine["stage_label"]) == ("欧***", "已预约待到访")
    for stranger in ("ja-o1", "ja-s1", "sh-u1"):
        assert (await backend.get(stranger, f"/v1/appointments/{number}")).status_code in {403, 404}
        seen = await backend.get(stranger, "/v1/visitors", day=slot["day"])
        assert number not in seen.text


async def test_a_walk_in_is_served(backend: Backend) -> None:
    body = visit({"day": None, "at": ""}, JINGAN) | {"walk_in": True}
    number = (await book(backend, body, "ja-o1")).json()["case_no"]
    done = await backend.post("ja-o1", f"/v1/appointments/{number}/serve-visitor", {"note": "已办"})
    assert done.json()["stage"] == "appointment_served"


# --- the public form ---------------------------------------------------------------------------


async def form(backend: Backend, **changes: str) -> dict[str, str]:
    """The public form, filled in for the first free slot."""
    page = await backend.http.get(f"/book/{JINGAN}", params={"business": "points"})
    assert page.status_code == 200
    assert "<script" not in page.text
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    slot = re.search(r'name="slot" value="([^"]+)" required>', page.text)
    assert key is not None
    assert slot is not None
    given = {"name": NAME, "id_number": NUMBER, "phone": PHONE, "business": "points"}
    return given | {"key": key[1], "slot": html.unescape(slot[1])} | changes


async def sent(backend: Backend, typed: dict[str, str], **headers: str) -> httpx.Response:
    return await backend.http.post(f"/book/{JINGAN}", data=typed, headers=headers)


async def test_anybody_books_by_the_public_form_once(
    backend: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    typed = await form(backend)
    first, again = await sent(backend, typed), await sent(backend, typed)
    assert first.status_code == again.status_code == 200
    numbers = re.findall(rf"{JINGAN}-[0-9A-Z-]+", first.text)
    assert numbers
    assert numbers == re.findall(rf"{JINGAN}-[0-9A-Z-]+", again.text)
    day = typed["slot"].split()[0]
    seen = await backend.get("ja-o1", "/v1/visitors", day=day)
    assert [each["case_no"] for each in seen.json()["items"]].count(numbers[0]) == 1
    for page in (first, again):
        assert page.headers["cache-control"] == "no-store"
        assert not any(each in str(page.request.url) for each in (NAME, NUMBER, PHONE))
    logged = "".join(capfd.readouterr())
    assert not any(each in logged for each in (NAME, NUMBER, PHONE))


@pytest.mark.parametrize(
    ("changes", "status", "field", "said"),
    [
        ({"phone": "x"}, 422, "phone", "请填写能接收短信的手机号码"),
        ({"name": ""}, 422, "name", "请填写姓名"),
        ({"id_number": "310101199003071231"}, 409, "id_number", "证件号码"),
        ({"slot": "2020-01-02 09:00"}, 409, "slot", "最近可约"),
        ({"slot": "tomorrow"}, 422, "slot", "请选择时段"),
        ({"slot": ""}, 409, "slot", "请选择预约的日期和时段"),
        ({"key": "made.up"}, 403, "", "不是本页的表单"),
    ],
)
async def test_what_is_wrong_is_said_where_it_is_and_what_was_typed_is_kept(
    backend: Backend, changes: dict[str, str], status: int, field: str, said: str
) -> None:
    answer = await sent(backend, await form(backend, **changes))
    assert answer.status_code == status, answer.text
    assert "未预约成功" in answer.text
    faults = dict(re.findall(r'<p class="fault" id="([a-z_]+)-fault">([^<]+)</p>', answer.text))
    assert said in (faults[field] if field else answer.text)
    assert list(faults) == ([field] if field else [])
    for each in faults:
        assert f'href="#{each}"' in answer.text, "the summary leads to it"
        assert f'id="{each}"' in answer.text
        assert f'aria-describedby="{each}-fault" autofocus' in answer.text
    assert 'value="points"' in answer.text
    assert PHONE in answer.text or field == "phone"
    assert answer.text.count("<details open>") == 1, "one day is open, the others are a line each"


async def test_no_other_site_sends_the_form(backend: Backend) -> None:
    answer = await sent(backend, await form(backend), **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


async def test_the_page_of_an_office_and_its_code(backend: Backend) -> None:
    page = await backend.http.get(f"/book/{JINGAN}")
    assert page.status_code == 200
    assert "居住证积分" in page.text
    assert 'name="viewport"' in page.text
    assert (await backend.http.get("/book/999999")).status_code == 404
    code = await backend.http.get(f"/book/{JINGAN}/qr.svg")
    assert code.headers["content-type"].startswith("image/svg+xml")
    assert "<svg" in code.text
