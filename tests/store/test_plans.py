"""Lists and searches walk along an index, and stop when their page is full."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from casework.domain.authority import sight
from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.policy.authority import load_authority
from casework.store.paging import MOST_COUNTED
from casework.store.queries import CaseFilter, CaseSort, TaskFilter, TaskSort
from casework.store.queries.board import (
    CardFilter,
    cards_query,
    due_query,
    in_time_query,
    stages_query,
)
from casework.store.queries.reports import Place
from casework.store.queries.search import count_query as count_cases_query
from casework.store.queries.search import search_query, without_limit_query
from casework.store.queries.worklist import count_query, worklist_query
from tests.store.crowd import gather_crowd
from tests.store.emptied import empty

CASES = 20_000
LIMIT = 51
SEARCHES = {
    "newest": CaseFilter(),
    "district": CaseFilter(district="310106"),
    "stage": CaseFilter(district="310106", stage="review"),
    "holder": CaseFilter(holder="310106-30"),
    "card": CaseFilter(card="red"),
    "green": CaseFilter(green=True),
    "debts": CaseFilter(open_debts=True),
    "number": CaseFilter(number="310106-000000000006"),
    "reference": CaseFilter(reference="ref-77"),
    "item": CaseFilter(district="310106", item="HJ_RES"),
    "applications": CaseFilter(kind="application", district="310106"),
    "kind": CaseFilter(kind="request", district="310106"),
    "due": CaseFilter(due_before=date(2000, 1, 1)),
    "nothing": CaseFilter(district="310199", stage="review"),
}
WORKLISTS = {
    "holder": TaskFilter(holder="310106-30"),
    "officer": TaskFilter(officer="310106-30"),
    "district": TaskFilter(district="310106"),
    "role": TaskFilter(role="reviewer"),
    "everything": TaskFilter(),
}
INDEXES = {
    "holder": {"tasks_of_holder_idx"},
    "officer": {"tasks_of_holder_idx", "tasks_of_backup_idx"},
    "district": {"tasks_of_district_idx"},
    "role": {"tasks_of_role_idx"},
    "everything": {"tasks_open_idx"},
}

_CARDS = """
INSERT INTO cards (case_no, clock, rung, holder, backup, given_at, cleared_by, reason)
SELECT case_no, 'decide', 'yellow', holder, '', received_at, '', '' FROM cases
WHERE closed_at IS NULL
"""
BY_DATE = {
    *("armings_pkey", "clocks_pkey", "clocks_course_idx"),
    *("courses_pkey", "courses_fires_on_idx"),
}
"""By these it finds what has turned, and whether a row has."""


@pytest.fixture(scope="module")
async def crowd(register_engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A register full of cases, for this transaction only."""
    await empty(register_engine)
    async with register_engine.connect() as connection:
        await gather_crowd(connection, CASES)
        await connection.execute(text(_CARDS))
        await connection.execute(text("ANALYZE cards"))
        yield connection
        await connection.rollback()


async def plan_of(connection: AsyncConnection, query: Select[Any]) -> list[dict[str, Any]]:
    """The nodes of the plan that the query was run by."""
    sql = query.compile(connection.sync_engine, compile_kwargs={"literal_binds": True})
    explain = text("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + str(sql).replace(":", "\\:"))
    (plan,) = await connection.scalar(explain)
    nodes, found = [plan["Plan"]], []
    while nodes:
        node = nodes.pop()
        found.append(node)
        nodes += node.get("Plans", [])
    return found


def read(nodes: list[dict[str, Any]]) -> int:
    """The most rows that any step has touched."""
    return max(
        int(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)))
        for node in nodes
    )


@pytest.mark.parametrize("name", SEARCHES)
async def test_search_reads_little_more_than_its_page(name: str, crowd: AsyncConnection) -> None:
    nodes = await plan_of(crowd, search_query(SEARCHES[name], after="", limit=LIMIT))
    assert bool(nodes[0]["Actual Rows"]) == (name not in {"due", "nothing"})
    assert not {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert read(nodes) <= 5 * LIMIT


@pytest.mark.parametrize("name", ["district", "stage", "holder", "card", "green", "number", "item"])
async def test_a_count_of_cases_reads_these_alone(name: str, crowd: AsyncConnection) -> None:
    query = count_cases_query(SEARCHES[name])
    nodes = await plan_of(crowd, query)
    number = await crowd.scalar(query)
    assert number
    everything = await plan_of(crowd, search_query(SEARCHES[name], after="", limit=MOST_COUNTED))
    assert number == everything[0]["Actual Rows"]
    # So few in all are quicker read at once; a million would not be.
    assert read(nodes) <= max(2 * number, CASES)


@pytest.mark.parametrize("name", WORKLISTS)
async def test_worklist_reads_little_more_than_its_page(name: str, crowd: AsyncConnection) -> None:
    nodes = await plan_of(crowd, worklist_query(WORKLISTS[name], after="", limit=LIMIT))
    assert nodes[0]["Actual Rows"]
    used = {node["Index Name"] for node in nodes if "Index Name" in node}
    assert used - BY_DATE - {"cases_pkey", "openings_pkey"} == INDEXES[name]
    assert read(nodes) <= 5 * LIMIT


SEEN = {
    who.value: sight(load_authority(), Actor(code="310106-30", role=who, district="310106"))
    for who in (Role.OFFICER, Role.SUPERVISOR)
}
"""A sight of one district and of some kinds; of a city."""
SEEN_LISTS = {
    "own": (TaskFilter(officer="310106-30", asked="310106-30"), Role.OFFICER),
    "own of the district": (
        TaskFilter(officer="310106-30", asked="310106-30", district="310106"),
        Role.OFFICER,
    ),
    "district": (TaskFilter(district="310106"), Role.OFFICER),
    "role": (TaskFilter(role="reviewer"), Role.SUPERVISOR),
}
OWN = 250
"""So many tasks 310106-30 holds."""


@pytest.mark.parametrize("name", SEEN_LISTS)
@pytest.mark.parametrize("sort", TaskSort)
async def test_a_worklist_reads_no_more_because_somebody_may_not_see_all(
    name: str, sort: TaskSort, crowd: AsyncConnection
) -> None:
    wanted, role = SEEN_LISTS[name]
    query = worklist_query(replace(wanted, sight=SEEN[role]), sort=sort, after="", limit=LIMIT)
    nodes = await plan_of(crowd, query)
    assert nodes[0]["Actual Rows"] == LIMIT
    assert not {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    own = OWN if wanted.officer and sort in {TaskSort.OLDEST, TaskSort.NEWEST} else 0
    assert read(nodes) <= max(5 * LIMIT, own + LIMIT)


@pytest.mark.parametrize("name", ["own", "own of the district"])
async def test_a_count_of_tasks_reads_these_and_no_district(
    name: str, crowd: AsyncConnection
) -> None:
    wanted, role = SEEN_LISTS[name]
    query = count_query(replace(wanted, sight=SEEN[role]))
    nodes = await plan_of(crowd, query)
    assert await crowd.scalar(query) == OWN
    few = count_query(replace(wanted, sight=SEEN[role]), 3)
    assert await crowd.scalar(few) == 3
    assert read(await plan_of(crowd, few)) <= read(nodes)
    assert not {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert read(nodes) <= OWN + LIMIT


BY_WAITING = INDEXES | {
    "district": {"tasks_of_district_opened_idx"},
    "role": {"tasks_of_role_opened_idx"},
    "everything": {"tasks_opened_idx"},
}


@pytest.mark.parametrize("sort", [TaskSort.DUE_LATEST, TaskSort.OLDEST, TaskSort.NEWEST])
@pytest.mark.parametrize("name", WORKLISTS)
async def test_another_order_walks_along_an_index_of_its_own(
    name: str, sort: TaskSort, crowd: AsyncConnection
) -> None:
    query = worklist_query(WORKLISTS[name], sort=sort, after="", limit=LIMIT)
    nodes = await plan_of(crowd, query)
    used = {node["Index Name"] for node in nodes if "Index Name" in node}
    wanted = INDEXES if sort is TaskSort.DUE_LATEST else BY_WAITING
    assert used - BY_DATE - {"cases_pkey", "openings_pkey"} == wanted[name]
    assert read(nodes) <= 5 * LIMIT


@pytest.mark.parametrize("sort", [CaseSort.OLDEST, CaseSort.DUE])
@pytest.mark.parametrize("name", ["newest", "district", "applications"])
async def test_cases_in_another_order_read_little_more_than_their_page(
    name: str, sort: CaseSort, crowd: AsyncConnection
) -> None:
    # So few clocks of one district are quicker read at once; a million would not be.
    in_index = "off" if sort is CaseSort.DUE and name != "newest" else "on"
    await crowd.execute(text(f"SET LOCAL enable_seqscan = {in_index}"))
    nodes = await plan_of(crowd, search_query(SEARCHES[name], sort=sort, after="", limit=LIMIT))
    await crowd.execute(text("SET LOCAL enable_seqscan = on"))
    assert nodes[0]["Actual Rows"] == LIMIT
    assert not {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert read(nodes) <= (20 if sort is CaseSort.DUE else 5) * LIMIT


@pytest.mark.parametrize("name", ["newest", "district", "applications"])
async def test_cases_without_a_limit_read_little_more_than_their_page(
    name: str, crowd: AsyncConnection
) -> None:
    nodes = await plan_of(crowd, without_limit_query(SEARCHES[name], after="", limit=LIMIT))
    assert nodes[0]["Actual Rows"] == LIMIT
    assert not {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert read(nodes) <= 20 * LIMIT


BOARD = {
    "stages": stages_query(Place(district="310106")),
    "due": due_query(Place(district="310106"), date.today() + timedelta(days=28)),  # noqa: DTZ011 - any day
    "in_time": in_time_query(Place(district="310106"), date(2026, 1, 1), date(2026, 2, 1)),
    "cards": cards_query(CardFilter(), after="", limit=LIMIT),
}


@pytest.mark.parametrize("name", BOARD)
async def test_board_reads_what_is_open_in_its_district(name: str, crowd: AsyncConnection) -> None:
    nodes = await plan_of(crowd, BOARD[name])
    assert not {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert read(nodes) <= CASES / 5 / 16 * 2  # every fifth is open, in sixteen districts
