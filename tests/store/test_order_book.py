"""The audit trail of orders: each step once, in the order of its life."""

from datetime import timedelta

from casework.domain.orders import Content, PublishCatalogue, Reach, Scope
from casework.domain.policy import Role
from casework.domain.staff import ChangeStaff, StaffPost
from casework.messages.orders import Booking, OrderStatus
from casework.messages.outreach import StartOutreach
from casework.store.engine import Sessions
from casework.store.in_force import (
    book_order,
    find_order,
    list_orders,
    measures_page,
    suspensions_page,
)
from casework.store.in_force.order_book import OrderView, insert_order, place_of_order
from casework.store.outreach import open_outreach, outreaches_page
from tests.domain.desk import at
from tests.store.orders import APPROVER, PROPOSER, closing, give, lifting, order, starting

NOW = at("2026-09-17")


async def book(sessions: Sessions, no: str, status: OrderStatus, **said: object) -> None:
    values = {"at": NOW, "district": "310106"} | said
    async with sessions.begin() as session:
        await book_order(
            session,
            Booking(order=order(no, closing("2026-09-17")), status=status, **values),  # type: ignore[arg-type]
        )


async def found(sessions: Sessions, no: str) -> OrderView:
    async with sessions() as session:
        view = await find_order(session, no)
    assert view is not None
    return view


async def test_order_is_followed_from_proposal_to_its_end(sessions: Sessions) -> None:
    await book(sessions, "o-1", OrderStatus.PROPOSED)
    proposed = await found(sessions, "o-1")
    assert (proposed.status, proposed.kind) == ("proposed", "open_suspension")
    assert (proposed.proposed_by, proposed.proposed_at) == (PROPOSER.code, NOW)
    assert proposed.body["reach"] == {"scope": "district", "key": "310106"}
    yes = {"by": APPROVER.code, "reason": "同意", "at": NOW + timedelta(hours=1)}
    await book(sessions, "o-1", OrderStatus.APPROVED, **yes)
    applied = await give(sessions, "o-1", closing("2026-09-17"))
    in_force = await found(sessions, "o-1")
    assert (in_force.status, in_force.version) == ("applied", applied.version)
    assert (in_force.decided_by, in_force.decision_reason) == (APPROVER.code, "同意")
    assert in_force.decided_at == NOW + timedelta(hours=1)
    await book(sessions, "o-1", OrderStatus.DONE, roused=3)
    done = await found(sessions, "o-1")
    assert (done.status, done.roused) == ("done", 3)


async def test_step_that_comes_late_or_twice_takes_nothing_back(sessions: Sessions) -> None:
    await give(sessions, "o-1", closing("2026-09-17"))
    for status in (OrderStatus.PROPOSED, OrderStatus.APPROVED, OrderStatus.LAPSED):
        await book(sessions, "o-1", status, by="somebody")
    assert (await found(sessions, "o-1")).status == "applied"
    await book(sessions, "o-2", OrderStatus.PROPOSED)
    await book(sessions, "o-2", OrderStatus.REJECTED, by=APPROVER.code, reason="依据不足")
    await book(sessions, "o-2", OrderStatus.REJECTED, by="somebody", reason="")
    rejected = await found(sessions, "o-2")
    assert (rejected.decided_by, rejected.decision_reason) == (APPROVER.code, "依据不足")
    await book(sessions, "o-3", OrderStatus.APPROVED, by=APPROVER.code)
    await book(sessions, "o-3", OrderStatus.REFUSED, refusal="SUSPENSION_OVER")
    refused = await found(sessions, "o-3")
    assert (refused.status, refused.refusal) == ("refused", "SUSPENSION_OVER")
    assert refused.decided_by == APPROVER.code


async def test_list_is_newest_first_and_by_pages(sessions: Sessions) -> None:
    for number in range(5):
        when = NOW + timedelta(minutes=number)
        district = "310101" if number == 2 else "310106"
        await book(sessions, f"o-{number}", OrderStatus.PROPOSED, at=when, district=district)
    await book(sessions, "o-3", OrderStatus.LAPSED)
    async with sessions() as session:
        first = await list_orders(session, size=3)
        rest = await list_orders(session, after=first.next, size=3)
        own = await list_orders(session, district="310106", status="proposed")
        assert await find_order(session, "nothing") is None
    assert [row.no for row in (*first.rows, *rest.rows)] == ["o-4", "o-3", "o-2", "o-1", "o-0"]
    assert rest.next == ""
    assert [row.no for row in own.rows] == ["o-4", "o-1", "o-0"]


async def test_lists_end_at_the_cities_of_the_reader(sessions: Sessions) -> None:
    here, there = Reach(scope=Scope.CITY, key="310000"), Reach(scope=Scope.CITY, key="150100")
    await give(sessions, "ZL-1", closing("2022-04-01", reach=here), "2022-04-01")
    await give(sessions, "ZL-2", closing("2022-04-01", reach=there), "2022-04-01")
    await give(sessions, "ZL-3", starting("2022-04-01"), "2022-04-01")
    await give(sessions, "ZL-4", starting("2022-04-01", district="150102"), "2022-04-01")
    first = StaffPost(person="u", role=Role.SUPERIOR, city="150100", since=NOW.date())
    noted: tuple[Content, ...] = (
        lifting("ZL-1", "2022-06-01"),
        lifting("ZL-2", "2022-06-01"),
        ChangeStaff(city="310000", reason="轮换"),
        ChangeStaff(city="150100", reason="轮换"),
        ChangeStaff(city="150100", posts=(first,), reason="首任上级"),
        PublishCatalogue(digest="0" * 64, first_on=NOW.date(), reason="新"),
    )
    about = {
        "ZL-1": "ZL-1",
        "ZL-2": "ZL-2",
        "ZL-3": "PAPER_NO_LIMIT.310106.20220401",
        "ZL-4": "PAPER_NO_LIMIT.150102.20220401",
    }
    async with sessions.begin() as session:
        for number, content in enumerate(noted, start=5):
            await session.execute(insert_order(order(f"ZL-{number}", content), NOW))
        for no, what in about.items():
            start = StartOutreach(id=no, about=what, kind="measure", text="t", started_by="u")
            await open_outreach(session, start, NOW)
    async with sessions() as session:
        for city, mine in (("310000", "13"), ("150100", "24")):
            seen = {each.no for each in (await list_orders(session, cities=[city])).rows}
            own = {"ZL-5", "ZL-7"} if city == "310000" else {"ZL-6", "ZL-8"}
            assert seen == {f"ZL-{number}" for number in mine} | own | {"ZL-9", "ZL-10"}
            suspended = (await suspensions_page(session, cities=[city])).rows
            assert [each.id for each in suspended] == [f"ZL-{mine[0]}"]
            measured = (await measures_page(session, cities=[city])).rows
            assert {each.origin for each in measured} - {"catalogue"} == {f"ZL-{mine[1]}"}
            told = (await outreaches_page(session, cities=[city])).rows
            assert {each.id for each in told} == {f"ZL-{number}" for number in mine}
        assert await place_of_order(session, "ZL-6") == "150100"
        assert await place_of_order(session, "ZL-10") == ""
        assert len((await list_orders(session)).rows) == len(about) + len(noted)
