"""A release whose catalogue says otherwise than the register orders it, once."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import delete

from casework.domain.orders import ComputeCalendar, EndMeasure, ImportCalendar, StartMeasure
from casework.domain.time.calendar import CalendarYear, WorkingCalendar, local_date
from casework.domain.time.statutory import statutory_days
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.in_force import (
    MeasureRow,
    Seeded,
    list_measures,
    list_orders,
    read_calendar,
    seed,
)
from casework.store.models import Measures
from casework.store.register.in_force import COUNTRY, write_years
from tests.workflows.conftest import Bench
from tests.workflows.ordering import result
from workers.starting import bring_in_line, orders_for

PAPER = MeasureRow(
    id="PAPER_DEFERRED.310106.20220301",
    effect="PAPER_DEFERRED",
    name="纸质材料暂缓",
    district="310106",
    items=("PTS_NEW",),
    since=date(2022, 3, 1),
    until=None,
    online_accepted_from=None,
    reference="公告（示例）",
    mark="source",
)
ENDED = replace(PAPER, until=date(2022, 6, 30))
OTHER = replace(PAPER, id="PAPER_DEFERRED.310112.20220301", district="310112")


@pytest.fixture(autouse=True)
async def _without_measures(bench: Bench) -> None:
    """The register as it was before any catalogue had been brought in."""
    async with bench.sessions.begin() as session:
        await session.execute(delete(Measures))


async def brought(sessions: Sessions, *measures: MeasureRow) -> Seeded:
    async with sessions.begin() as session:
        return await seed(session, load_calendar(), measures)


async def test_empty_register_is_filled_without_an_order(bench: Bench) -> None:
    assert await brought(bench.sessions, PAPER) == Seeded()
    assert await brought(bench.sessions, PAPER) == Seeded()


async def test_what_differs_is_ordered_once(bench: Bench) -> None:
    client, sessions = bench.environment.client, bench.sessions
    await brought(sessions, PAPER)
    differing = await brought(sessions, ENDED, OTHER)
    async with sessions() as session:
        orders, left = orders_for(differing, await list_measures(session))
    assert {type(each.order.content) for each in orders} == {EndMeasure, StartMeasure}
    assert left == ()

    for _ in range(2):  # as of two workers that start at once
        await bring_in_line(client, sessions, differing)
    for each in orders:
        await result(client, each.order)
    async with sessions() as session:
        measures = {row.id: row for row in await list_measures(session)}
        booked = (await list_orders(session)).rows
    (ended,) = (order for order in booked if order.kind == "end_measure")
    assert ended.applied_at is not None
    assert measures[PAPER.id].until == local_date(ended.applied_at)  # never backwards
    assert measures[OTHER.id].items == ("PTS_NEW",)
    assert {order.no for order in booked} == {each.order.no for each in orders}
    assert {(order.status, order.decided_by) for order in booked} == {("done", "catalogue")}
    assert await brought(sessions, ENDED, OTHER) == Seeded()


async def test_what_no_order_can_say_is_left_to_a_person(bench: Bench) -> None:
    await brought(bench.sessions, PAPER, OTHER)
    differing = await brought(bench.sessions, replace(PAPER, items=("PTS_REN",)))
    async with bench.sessions() as session:
        orders, left = orders_for(differing, await list_measures(session))
    assert (orders, set(left)) == ((), {PAPER.id, OTHER.id})


def test_year_is_imported_once_its_notice_is_in_the_files() -> None:
    year = load_calendar().year(2030)
    announced = replace(year, notice="2030年通知", provisional=False)
    orders, left = orders_for(Seeded(years=(announced,)), ())
    (order,) = orders
    assert order.order.content == ImportCalendar(year=announced, reason="随政策目录更新")
    assert order.approved
    assert left == ()
    again, _ = orders_for(Seeded(years=(announced,)), ())
    assert again == orders


async def test_computed_years_of_an_earlier_release_are_brought_up_to_date(bench: Bench) -> None:
    client, sessions = bench.environment.client, bench.sessions
    await brought(sessions, PAPER)
    known = load_calendar()
    # As they were before what is made up for was computed; 2028 has meanwhile had its notice.
    old = [bare(known.year(number)) for number in (2027, 2028)]
    async with sessions.begin() as session:
        await write_years(session, COUNTRY, [old[0], replace(old[1], provisional=False)], version=0)

    differing = await brought(sessions, PAPER)
    (start,), left = orders_for(differing, ())
    assert isinstance(start.order.content, ComputeCalendar)
    assert left == ()
    await bring_in_line(client, sessions, differing)
    await result(client, start.order)
    async with sessions() as session:
        calendar, version = await read_calendar(session)
    assert calendar.year(2027) == known.year(2027)
    assert calendar.year(2027).provisional
    assert calendar.year(2028) == replace(old[1], provisional=False)
    assert version > 0
    # That an order has written it does not keep the notice of a later release from being told.
    async with sessions.begin() as session:
        announced = replace(known.year(2027), notice="2027年通知", provisional=False)
        files = [announced if year.year == 2027 else year for year in calendar.years]
        assert (await seed(session, WorkingCalendar(tuple(files)), [PAPER])).years == (announced,)


def bare(year: CalendarYear) -> CalendarYear:
    return replace(year, off=tuple(day for day in year.off if day in statutory_days(year.year)))
