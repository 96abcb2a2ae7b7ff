"""Districts with very many open clocks, and the orders that reach all of them, as in production.

``measure``: 100,000 clocks are stopped and run again. ``measure_waiting``: a measure, "no limit",
begins for all who wait for paper.

The cases are rows of the register, as their workflows would have left them. Behind those that wait
without a timer (parked) there is nobody, so a signal to one of them is receipted as ``gone``; of a
measure nobody need be told.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select, text, true
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from bench.stack import running_stack
from casework.domain.case.facts import Actor
from casework.domain.orders import (
    Content,
    LiftSuspension,
    OpenSuspension,
    Order,
    Reach,
    Scope,
    StartMeasure,
)
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Stopped
from casework.messages.orders import (
    WORKFLOW,
    Approval,
    OrderReceipt,
    Proposal,
    StartOrder,
    order_id,
    order_number,
)
from casework.messages.temporal import TASK_QUEUE
from casework.store.engine import create_engine, sessions
from casework.store.in_force.redating import redate
from casework.store.models import Clocks, Courses, Receipts

DISTRICT = "310106"
CASES = 50_000
"""Each with two running clocks, one of the applicant's and one of the authority's."""
PARKED = 1_000
PATIENCE_SECONDS = 120

SUPERIOR = Actor(code="sh-u1", role=Role.SUPERIOR)

# All of them are still running: 20 first days and 40 limits make 1,600 courses.
_ROWS = (
    """
    CREATE TEMPORARY VIEW many AS
    SELECT n, :district || '-' || lpad(n::text, 12, '0') AS case_no,
           CAST(:today AS date) - (n % 20)::int AS started_on, 20 + n / 20 % 40 AS amount
    FROM generate_series(1, :cases) AS n
    """,
    """
    INSERT INTO openings
    SELECT case_no, :district, 'bench', 'n-' || n, '', 's' || n, interval '0', '' FROM many
    """,
    """
    INSERT INTO service_items VALUES ('bench', 'PTS_NEW', :district, '', '{}')
    """,
    """
    INSERT INTO cases (case_no, district, item, item_name, office, channel, policy, stage,
           stage_since, received_at, card, holder, green, open_debts, last_seq)
    SELECT case_no, :district, 'PTS_NEW', '', '', 'online', 'bench', 'review', started_on,
           started_on, 'none', 'ja-o1', false, 1, 3
    FROM many
    """,
    """
    INSERT INTO courses (id, district, office, alone, unit, amount, until, rolls, side, measure,
           started_on, stops, pending, ended_on, pauses, due_on, fires_on, provisional)
    SELECT DISTINCT ON (id) md5(kind || amount || started_on)::uuid AS id, :district, '', '',
           'working_days', amount, NULL::date, false, side, '', started_on, '[]'::jsonb,
           pending::jsonb, NULL::date, '[]'::jsonb, NULL::date, NULL::date, false
    FROM many, (VALUES ('defer:file', 'applicant', '["before", "end"]'),
                       ('decide', 'authority', '["half", "before", "after"]'))
               AS kinds (kind, side, pending)
    """,
    """
    INSERT INTO clocks (case_no, clock, kind, name, course)
    SELECT case_no, kind, split_part(kind, ':', 1), '', md5(kind || amount || started_on)::uuid
    FROM many, (VALUES ('defer:file'), ('decide')) AS kinds (kind)
    """,
    """
    INSERT INTO tasks (case_no, task, district, kind, about, role, holder, backup, opened_at,
           due_on, closed_by)
    SELECT case_no, 'review#1', :district, 'review', '', 'reviewer', 'ja-r1', 'ja-r2', started_on,
           NULL::date, ''
    FROM many
    """,
    "ANALYZE openings, cases, clocks, courses, tasks",
)
ARMED = """
    INSERT INTO armings (case_no, version, wakes_at)
    SELECT case_no, 0, min(fires_on)::timestamp AT TIME ZONE 'Asia/Shanghai'
    FROM clocks JOIN courses ON courses.id = clocks.course GROUP BY case_no
    ON CONFLICT DO NOTHING
"""
_PARK = """
    UPDATE armings SET wakes_at = NULL
    WHERE case_no IN (SELECT case_no FROM armings ORDER BY case_no LIMIT :parked)
"""


@dataclass(frozen=True, kw_only=True)
class District:
    """Seconds from the second person's yes until the register shows it; signals sent."""

    district_open_clocks: int
    district_open_s: float
    district_open_signals: int
    district_lift_s: float
    district_lift_signals: int
    district_parked: int


async def measure(run: str) -> District:
    """Open a suspension of both sides, park some cases, lift it, and count who was told."""
    async with running_stack() as stack:
        engine = create_engine(stack.settings.database)
        today = local_date(datetime.now(UTC))  # noqa: TID251 - a measurement happens now
        with stack.worker():
            opening = OpenSuspension(
                reach=Reach(scope=Scope.DISTRICT, key=DISTRICT),
                first_on=today,
                reason="封控",
                basis="测量",
                clocks=Stopped.BOTH,
            )
            # The first order of a worker finds its code cold and the calendar unread.
            elsewhere = Reach(scope=Scope.DISTRICT, key="310101")
            await give(stack.client, f"{run}-warm", _at(opening, elsewhere), "310101")
            await _fill(engine, today)
            opened, open_s = await give(stack.client, f"{run}-open", opening, DISTRICT)
            hidden = await _without_date(engine)
            await _park(engine)
            lifting = LiftSuspension(suspension=opened.no, lifted_on=today, reason="解封")
            lifted, lift_s = await give(stack.client, f"{run}-lift", lifting, DISTRICT)
            found = District(
                district_open_clocks=hidden,
                district_open_s=open_s,
                district_open_signals=await told(engine, opened.no),
                district_lift_s=lift_s,
                district_lift_signals=await told(engine, lifted.no),
                district_parked=PARKED,
            )
        await engine.dispose()
        return found


def _at(opening: OpenSuspension, reach: Reach) -> OpenSuspension:
    return OpenSuspension(
        reach=reach, first_on=opening.first_on, reason=opening.reason, basis=opening.basis
    )


async def give(
    client: Client, key: str, content: Content, district: str
) -> tuple[OrderReceipt, float]:
    """Propose and approve; return once all are told, with the seconds until it was in force."""
    order = Order(no=order_number(SUPERIOR.code, key), content=content, proposed_by=SUPERIOR)
    operation: WithStartWorkflowOperation[object, OrderReceipt] = WithStartWorkflowOperation(
        WORKFLOW,
        StartOrder(order=order, district=district),
        id=order_id(order.no),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        result_type=OrderReceipt,
    )
    await client.execute_update_with_start_workflow(
        "propose",
        Proposal(content=content),
        start_workflow_operation=operation,
        result_type=OrderReceipt,
    )
    handle = await operation.workflow_handle()
    approver = Actor(code="ja-s1", role=Role.SUPERVISOR, district=district)
    started = time.perf_counter()
    receipt = await handle.execute_update(
        "approve", Approval(actor=approver), result_type=OrderReceipt
    )
    took = time.perf_counter() - started
    async with asyncio.timeout(PATIENCE_SECONDS):
        await handle.result()
    return receipt, took


async def _fill(engine: AsyncEngine, today: date) -> None:
    values = {"district": DISTRICT, "today": today, "cases": CASES}
    async with engine.begin() as connection:
        for statement in _ROWS:
            filled = text(inlined(statement, values))
            await connection.execute(filled)
    async with sessions(engine).begin() as session:
        await redate(session, true())
        await session.execute(text(ARMED))
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))


def inlined(statement: str, values: dict[str, object]) -> str:
    """The statement with its values in place."""
    # A view takes no parameters.
    for name, value in values.items():
        statement = statement.replace(f":{name}", str(value) if name == "cases" else f"'{value}'")
    return statement.replace("'{}'", "CAST('{}' AS jsonb)")


async def _without_date(engine: AsyncEngine) -> int:
    query = select(func.count()).select_from(Clocks).join(Courses, Courses.id == Clocks.course)
    async with engine.connect() as connection:
        return (await connection.scalar(query.where(Courses.due_on.is_(None)))) or 0


async def _park(engine: AsyncEngine) -> None:
    """As if so many cases had looked while everything stood still, and had nothing to wake for."""
    async with engine.begin() as connection:
        await connection.execute(text(_PARK), {"parked": PARKED})


async def told(engine: AsyncEngine, order_no: str) -> int:
    """How many cases were told to look because of the order."""
    query = select(func.count()).where(Receipts.order_no == order_no)
    async with engine.connect() as connection:
        return (await connection.scalar(query)) or 0


WAITING_CASES = 50_000

# 28 first days, 3 channels and 2 items make 168 courses; the measure speaks of all of them.
_WAITING_ROWS = (
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


async def measure_waiting(run: str, cases: int = WAITING_CASES) -> Waiting:
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
            await _fill_waiting(engine, today - timedelta(days=1), cases)
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


async def _fill_waiting(engine: AsyncEngine, last: object, cases: int) -> None:
    values = {"district": DISTRICT, "today": last, "cases": cases}
    async with engine.begin() as connection:
        for statement in _WAITING_ROWS:
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
