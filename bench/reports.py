"""The reports of a city's year over a register of very many cases.

``python -m bench.reports 20000`` counts over another number of cases. They are rows of the
register: decided within a year, in 16 districts, five clocks and nine events each, with notices,
promises, green channels, cards, ratings and tickets among them.
"""

import asyncio
import sys
import time
from dataclasses import asdict, dataclass
from datetime import date
from statistics import median

from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from casework.domain.kinds.application.events import DEEMED
from casework.domain.reports import Figure, Period
from casework.local.devstack import postgres
from casework.policy.calendars import load_calendar
from casework.store.engine import create_engine, migrate, sessions
from casework.store.in_force import seed
from casework.store.queries.reports import By, Place, count
from casework.store.queries.search import CaseFilter, search_cases

CASES = 1_000_000
ROUNDS = 3
YEAR = Period(first_on=date(2026, 1, 1), last_on=date(2026, 12, 31))
MONTH = Period(first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))
_POLICY = '{"limits": {"decide": {"unit": "working_days", "amount": 20, "mark": "law"}}}'
_ROWS = (
    "INSERT INTO service_items VALUES ('bench', 'PTS_NEW', '310101', '', :policy)",
    """
    CREATE TEMPORARY TABLE many AS
    SELECT n, district, district || '-' || lpad(n::text, 12, '0') AS case_no,
           date '2025-12-20' + (n * 7) % 365 AS came, n % 23 AS took, n % 10 > 0 AS decided,
           CASE n % 100 WHEN 7 THEN 'rating' WHEN 8 THEN 'ticket' ELSE 'application' END AS sort
    FROM generate_series(1, :cases) AS n,
         LATERAL (SELECT (310101 + n % 16)::text AS district) AS placed
    """,
    """
    INSERT INTO openings SELECT case_no, district, 'bench', 'n-' || n, '', 's' || n, interval '0',
           '', sort FROM many
    """,
    """
    INSERT INTO cases (case_no, district, item, item_name, office, channel, policy, stage,
           stage_since, received_at, accepted_on, decided_on, closed_at, card, holder, green,
           open_debts, last_seq)
    SELECT case_no, district, 'ITEM_' || n % 20, '', '', (ARRAY['online', 'window'])[1 + n % 2],
           'bench', CASE WHEN decided THEN 'archived' ELSE 'review' END, came, came, came + 3,
           CASE WHEN decided THEN came + 3 + took::int END,
           CASE WHEN decided THEN came + 5 + took::int END, 'none', '', false, 0, 9
    FROM many
    """,
    """
    INSERT INTO courses (id, district, office, alone, unit, amount, until, rolls, side, measure,
               started_on, stops, pending, ended_on, pauses, due_on, fires_on, provisional)
    SELECT md5(district || came || took || decided)::uuid, district, '', '', 'working_days', 20,
           NULL, false, '', '', came + 3, '[]', '[]',
           CASE WHEN decided THEN came + 3 + took::int END,
           CASE WHEN took = 9 THEN jsonb_build_array(jsonb_build_array(came + 5, came + 8))
                ELSE '[]' END,
           came + 31, NULL, false
    FROM (SELECT DISTINCT district, came, took, decided FROM many) AS alike
    """,
    """
    INSERT INTO clocks SELECT case_no, clock, split_part(clock, '#', 1), '',
           md5(district || came || took || decided)::uuid
    FROM many, unnest(ARRAY['notice', 'pre_review', 'decide', 'review', 'deliver']) AS clock
    """,
    """
    INSERT INTO events (case_no, seq, kind, title, at, actor, role, reason, body)
    SELECT case_no, seq, kind, CASE kind WHEN 'accepted' THEN title ELSE '' END, came + 1, '', '',
           '', '{"sealed": ""}'
    FROM many, LATERAL (SELECT CASE WHEN n % 97 = 0 THEN :deemed ELSE '' END AS title) AS how,
         unnest(ARRAY['submitted', 'pre_review_passed', 'accepted', 'check_recorded',
                      'review_passed', 'reported_up', 'approved', 'result_delivered', 'archived'])
         WITH ORDINALITY AS what (kind, seq)
    """,
    """
    INSERT INTO events (case_no, seq, kind, title, at, actor, role, reason, body)
    SELECT case_no, 20 + part, kind, '', came + 2, '', '', '', '{"sealed": ""}'
    FROM many, (VALUES ('notice_given', 4), ('second_notice_blocked', 90),
                       ('returned_by_superior', 30), ('deferral_promised', 20),
                       ('debt_overdue', 80), ('debt_breached', 400),
                       ('green_opened', 25), ('green_ended', 50))
               AS what (kind, part)
    WHERE n % part = 0
    """,
    """
    INSERT INTO debts (case_no, material, name, mode, status, reason, offered_by, consented_by,
               promised_on, received_on, checked_on, by_measure)
    SELECT case_no, 'seal', '', 'hold_result', 'fulfilled', '', '', '', came,
           NULL, NULL, '' FROM many WHERE n % 20 = 0
    """,
    """
    INSERT INTO cards (case_no, clock, rung, holder, backup, given_at, cleared_at,
               cleared_by, reason, due_on)
    SELECT case_no, 'decide', rung, '', '', came + 20, came + 25, '', '', came
    FROM many, unnest(ARRAY['yellow', 'red']) AS rung WHERE n % 12 = 0
    """,
    """
    INSERT INTO ratings (case_no, rated, grade, named, comment, complex, contacted_at, justified,
               settlement, satisfied, struck)
    SELECT case_no, case_no || '-x', 1 + n % 5, true, '', false, came, NULL, '',
           NULL, false FROM many WHERE sort = 'rating'
    """,
    """
    INSERT INTO tickets (case_no, came_by, subject_matter, about, named, complex, rounds,
               contacted_at, answered_at, resolution, resolved, satisfied, joined_into)
    SELECT case_no, 'hotline_12345', '', '', true, false, 1, came, came, '',
           true, true, '' FROM many WHERE sort = 'ticket'
    """,
)


@dataclass(frozen=True, kw_only=True)
class Reports:
    """Milliseconds each, the median of some."""

    report_cases: int
    report_year_ms: float
    report_year_by_item_ms: float
    report_month_of_district_ms: float
    report_list_ms: float


async def measure(cases: int = CASES) -> Reports:
    """Fill a register of its own and count."""
    async with postgres() as url:
        await migrate(url)
        await _fill(url, cases)
        engine = create_engine(url)
        try:
            return await _asked(engine, cases)
        finally:
            await engine.dispose()


async def _fill(url: str, cases: int) -> None:
    engine = create_async_engine(url)  # of this, a statement may take long
    given = {"cases": cases, "policy": _POLICY, "deemed": DEEMED}
    async with engine.begin() as connection:
        for statement in _ROWS:
            sql = statement
            for name, value in given.items():
                sql = sql.replace(
                    f":{name}", f"'{value}'" if isinstance(value, str) else str(value)
                )
            await connection.exec_driver_sql(sql)
    async with engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE"))  # as the server does by itself after a while
    async with sessions(engine).begin() as session:
        await seed(session, load_calendar(), ())
    await engine.dispose()


async def _asked(engine: AsyncEngine, cases: int) -> Reports:
    opened = sessions(engine)

    async def counted(period: Period, place: Place, *by: By) -> float:
        taken = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            async with opened() as session:
                found = await count(session, period, place, by)
            taken.append(time.perf_counter() - started)
            if not found.total.figures[Figure.DECIDED]:
                raise RuntimeError("nothing is counted")
        return 1_000 * median(taken)

    started = time.perf_counter()
    async with opened() as session:
        wanted = CaseFilter(counted=Figure.NOTICED, period=YEAR)
        await search_cases(session, wanted)
    listed = 1_000 * (time.perf_counter() - started)
    return Reports(
        report_cases=cases,
        report_year_ms=await counted(YEAR, Place()),
        report_year_by_item_ms=await counted(YEAR, Place(), By.ITEM),
        report_month_of_district_ms=await counted(MONTH, Place(district="310106")),
        report_list_ms=listed,
    )


def main() -> None:
    """Measure so many cases and print it."""
    found = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else CASES))
    for name, value in asdict(found).items():
        Console().print(f"{name} {value:,.1f}")


if __name__ == "__main__":
    main()
