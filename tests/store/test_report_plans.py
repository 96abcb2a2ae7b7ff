"""Reports pass once over each table that they count, whatever the number of cases."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from casework.domain.reports import Figure, Period
from casework.store.queries import CaseFilter
from casework.store.queries.reports import (
    By,
    Place,
    applications_query,
    cards_query,
    decisions_query,
    ratings_query,
    tickets_query,
)
from casework.store.queries.search import search_query
from tests.store.crowd import gather_crowd
from tests.store.emptied import empty
from tests.store.test_plans import plan_of, read

CASES = 5_000
WORKERS = 4
"""More than that read no table together."""
YEAR = Period(first_on=date(2000, 1, 1), last_on=date(2100, 1, 1))
MORE = (
    "UPDATE cases SET decided_on = received_at::date",
    """
    INSERT INTO events (case_no, seq, kind, title, at, actor, role, reason, body)
    SELECT case_no, seq, kind, '', received_at, '', '', '', '{}'
    FROM cases,
         (VALUES (1, 'submitted'), (2, 'pre_review_passed'), (3, 'notice_given')) AS e (seq, kind)
    WHERE seq < 3 OR right(case_no, 1) = '6'
    """,
    """
    INSERT INTO cards (case_no, clock, rung, holder, backup, given_at, cleared_by, reason)
    SELECT case_no, 'decide', 'yellow', '', '', received_at, '', '' FROM cases
    """,
    "ANALYZE cases, events, cards",
)
REPORTS = {
    "applications": applications_query,
    "decisions": decisions_query,
    "ratings": ratings_query,
    "tickets": tickets_query,
    "cards": cards_query,
}


@pytest.fixture(scope="module")
async def crowd(register_engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A register full of cases, for this transaction only."""
    await empty(register_engine)
    async with register_engine.connect() as connection:
        await gather_crowd(connection, CASES)
        for statement in MORE:
            await connection.execute(text(statement))
        yield connection
        await connection.rollback()


@pytest.mark.parametrize("name", REPORTS)
async def test_a_report_reads_each_table_once(name: str, crowd: AsyncConnection) -> None:
    """So a million cases are some passes, and not a question for each of them."""
    nodes = await plan_of(crowd, REPORTS[name](YEAR, Place(), [By.ITEM]))
    scans = [each for each in nodes if "Relation Name" in each and each["Actual Loops"]]
    names = [each["Relation Name"] for each in scans]
    assert len(names) == len(set(names))
    assert "cases" in names or name in {"ratings", "tickets"}  # of which there are none
    assert all(each["Actual Loops"] <= WORKERS for each in scans)
    assert read(nodes) <= 5 * CASES


@pytest.mark.parametrize("query", [applications_query, decisions_query])
async def test_a_report_reads_only_the_events_that_it_counts(
    query: Callable[..., Select[Any]], crowd: AsyncConnection
) -> None:
    async with crowd.begin_nested() as nested:
        # So few are quicker read whole; the others of a million are many.
        await crowd.execute(text("SET LOCAL enable_seqscan = off"))
        nodes = await plan_of(crowd, query(YEAR, Place()))
        await nested.rollback()
    assert "events_reported_idx" in {each.get("Index Name") for each in nodes}
    assert not [
        each
        for each in nodes
        if each["Node Type"] == "Seq Scan" and each["Relation Name"] == "events"
    ]


@pytest.mark.parametrize("figure", [Figure.NOTICED, Figure.ON_TIME, Figure.RATED_POOR])
async def test_the_list_of_a_figure_asks_nothing_twice(
    figure: Figure, crowd: AsyncConnection
) -> None:
    wanted = CaseFilter(counted=figure, period=YEAR)
    nodes = await plan_of(crowd, search_query(wanted, after="", limit=51))
    assert read(nodes) <= 5 * CASES
