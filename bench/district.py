"""A district with 100,000 open clocks is closed and opened again, by orders as in production.

The cases are rows of the register, as their workflows would have left them; those that wait without
a timer (parked) have nobody behind them, so a signal to one of them is receipted as ``gone``.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, select, text, true
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from bench.stack import running_stack
from casework.domain.case.facts import Actor
from casework.domain.orders import Content, LiftSuspension, OpenSuspension, Order, Reach, Scope
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
