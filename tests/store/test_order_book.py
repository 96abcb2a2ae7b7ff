"""The audit trail of orders: each step once, in the order of its life."""

from datetime import timedelta

from casework.messages.orders import Booking, OrderStatus
from casework.store.engine import Sessions
from casework.store.in_force import book_order, find_order, list_orders
from casework.store.in_force.order_book import OrderView
from tests.domain.desk import at
from tests.store.orders import APPROVER, PROPOSER, closing, give, order

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
