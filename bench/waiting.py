"""A measure begins in a district where many cases wait for paper: "no limit" for all of them.

The cases are rows of the register, as their workflows would have left them, each with one running
clock. All that is measured is the order: nobody behind the rows is told, and nobody need be.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text, true
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.district import ARMED, DISTRICT, give, inlined, told
from bench.stack import running_stack
from casework.domain.orders import StartMeasure
from casework.domain.time.calendar import local_date
from casework.store.engine import create_engine, sessions
from casework.store.in_force.redating import redate
from casework.store.models import Clocks, Courses

CASES = 50_000

# 28 first days, 3 channels and 2 items make 168 courses; the measure speaks of all of them.
_ROWS = (
    """
    CREATE TEMPORARY VIEW many AS
    SELECT n, :district || '-' || lpad(n::text, 12, '0') AS case_no,
           CAST(:today AS date) - (n % 28)::int AS started_on,
           (ARRAY['online', 'app', 'window'])[n / 28 % 3 + 1] AS channel,
           (ARRAY['HJ_RES', 'HJ_OVS'])[n / 84 % 2 + 1] AS item
    FROM generate_series(1, :cases) AS n
    """,
    """
    INSERT INTO openings
    SELECT case_no, :district, 'bench', 'n-' || n, '', 's' || n, interval '0', '' FROM many
    """,
    """
    INSERT INTO service_items VALUES ('bench', 'HJ_RES', :district, '', '{}')
    """,
    """
    INSERT INTO cases (case_no, district, item, item_name, office, channel, policy, stage,
           stage_since, received_at, card, holder, green, open_debts, last_seq)
    SELECT case_no, :district, item, '', '', channel, 'bench', 'await_paper', started_on,
           started_on, 'none', '', false, 0, 2
    FROM many
    """,
    """
    INSERT INTO courses (id, district, office, alone, unit, amount, until, rolls, side, measure,
           started_on, stops, pending, awaited, ended_on, pauses, due_on, fires_on, provisional)
    SELECT DISTINCT ON (id) md5(item || channel || started_on)::uuid AS id, :district, '', '',
           'months', 1, NULL::date, true, 'applicant', '', started_on, '[]'::jsonb,
           '["before", "lapse"]'::jsonb,
           jsonb_build_object('item', item, 'channel', channel, 'under', '[]'::jsonb,
                              'unit', 'calendar_days', 'amount', 30, 'rolls', true),
           NULL::date, '[]'::jsonb, NULL::date, NULL::date, false
    FROM many
    """,
    """
    INSERT INTO clocks (case_no, clock, kind, name, course)
    SELECT case_no, 'paper', 'paper', '', md5(item || channel || started_on)::uuid FROM many
    """,
    "ANALYZE openings, cases, clocks, courses",
)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Seconds from the second person's yes until the register shows it; signals sent."""

    measure_waiting_cases: int
    measure_start_s: float
    measure_start_moved: int
    measure_start_signals: int


async def measure(run: str, cases: int = CASES) -> Waiting:
    """Begin "no limit" for two items of a district in which ``cases`` wait for paper."""
    async with running_stack() as stack:
        engine = create_engine(stack.settings.database)
        today = local_date(datetime.now(UTC))  # noqa: TID251 - a measurement happens now
        with stack.worker():
            beginning = StartMeasure(
                effect="PAPER_NO_LIMIT",
                district="310101",
                items=("HJ_RES", "HJ_OVS"),
                since=today,
                reason="测量",
                reference="测量",
            )
            # The first order of a worker finds its code cold.
            await give(stack.client, f"{run}-warm-measure", beginning, "310101")
            await _fill(engine, today - timedelta(days=1), cases)
            here = StartMeasure(
                effect=beginning.effect,
                district=DISTRICT,
                items=beginning.items,
                since=today,
                reason="测量",
                reference="测量",
            )
            started, seconds = await give(stack.client, f"{run}-measure", here, DISTRICT)
            found = Waiting(
                measure_waiting_cases=await _standing_still(engine),
                measure_start_s=seconds,
                measure_start_moved=started.moved or 0,
                measure_start_signals=await told(engine, started.no),
            )
        await engine.dispose()
        return found


async def _fill(engine: AsyncEngine, last: object, cases: int) -> None:
    values = {"district": DISTRICT, "today": last, "cases": cases}
    async with engine.begin() as connection:
        for statement in _ROWS:
            await connection.execute(text(inlined(statement, values)))
    async with sessions(engine).begin() as session:
        await redate(session, true())
        await session.execute(text(ARMED))
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))


async def _standing_still(engine: AsyncEngine) -> int:
    query = select(func.count()).select_from(Clocks).join(Courses, Courses.id == Clocks.course)
    async with engine.connect() as connection:
        return (await connection.scalar(query.where(Courses.due_on.is_(None)))) or 0
