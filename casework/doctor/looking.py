"""Looks at the register, Temporal and this machine; writes nothing."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
from sqlalchemy import and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeTaskQueueResponse
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from casework import __version__
from casework.doctor.illnesses import NAMED, WAKES_LATE, Engine, Register, ScheduleSeen, Seen
from casework.domain.case.kind import KNOWN
from casework.domain.case.state import TaskKind
from casework.domain.kinds.registry import workflow_id
from casework.domain.staff import ChangeStaff
from casework.domain.time.calendar import local_date
from casework.messages.orders import OrderStatus
from casework.messages.schedules import SCHEDULES
from casework.messages.temporal import TASK_QUEUE
from casework.security.identity.published import WELL_KNOWN
from casework.security.keys.ring import KeyRing
from casework.settings import Settings, SettingsError
from casework.store.engine import (
    Sessions,
    UnfitError,
    among,
    migrations_behind,
    ready,
    require_fit_tables,
    revisions,
)
from casework.store.in_force.order_book import armed_late, count_armed_late
from casework.store.materials import MaterialError, MaterialStore
from casework.store.models import (
    Armings,
    AuditDigests,
    CalendarYears,
    CardDigests,
    Cases,
    CatalogueVersions,
    Events,
    MasterKeys,
    Openings,
    Orders,
    Tasks,
)
from casework.store.queries.feed import feed_held
from casework.store.register.staff import read_staff
from casework.store.webhooks import ailing
from casework.temporal import SEARCH_ATTRIBUTES

POLLED_WITHIN = timedelta(seconds=75)
"""A poll that finds nothing to do lasts a minute."""
ISSUER_ANSWERS_WITHIN = 5.0
DESCRIBED_AT_ONCE = 10
MOST_DESCRIBED = 1_000
"""So many cases may have been opened while somebody looked; if all are gone, nobody waits."""
REFUSED_LATELY = timedelta(days=7)

_PROBLEMS = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
_RUNNING = "ExecutionStatus = 'Running' AND WorkflowType IN ({types})"


async def look(
    settings: Settings, sessions: Sessions | None, client: Client | None, at: datetime
) -> Seen:
    """Look at everything that answers; without sessions, or a client, that part does not.

    Raises:
        OSError, SQLAlchemyError, RPCError: a part has gone away meanwhile.
    """
    register = await see_register(sessions, at) if sessions else None
    if register is not None and not register.behind:
        register = await _with_materials(settings, register)
    engine = await see_engine(client, at) if client else None
    if sessions and client and register and engine and not register.behind:
        register, engine = await _settled(sessions, client, register, engine)
    keys, key_made_at = _ring(settings)
    return Seen(
        at=at,
        release=__version__,
        register=register,
        engine=engine,
        keys=keys,
        key_made_at=key_made_at,
        issuer_answers=await _issuer_answers(settings.oidc_issuer),
    )


# --- the register --------------------------------------------------------------------------


async def see_register(sessions: Sessions, at: datetime) -> Register:
    """What the register says; of tables that are not those of this release, only that."""
    async with sessions() as session:
        server_at = await session.scalar(select(func.clock_timestamp())) or at
        behind = await migrations_behind(session)
        try:
            require_fit_tables(await revisions(session))
        except UnfitError as error:
            return Register(server_at=server_at, behind=behind, is_newer=error.is_newer)
        health = await ready(session)
        late = await armed_late(session, "", NAMED)
        overslept = await _overslept(session, at)
        return Register(
            server_at=server_at,
            read_only=health.read_only,
            letters_waiting=health.notices_queued,
            letters_refused=health.notices_refused,
            letter_waits_since=health.oldest_queued_at,
            open_cases=await _open_cases(session),
            digests_refused=await _count(
                session,
                CardDigests.status == "refused",
                CardDigests.day > local_date(at - REFUSED_LATELY),
            ),
            digested_at=await session.scalar(select(func.max(AuditDigests.made_at))),
            first_event_at=await session.scalar(select(func.min(Events.recorded_at))),
            orders_proposed=await _orders(session, OrderStatus.PROPOSED),
            orders_under_way=await _orders(session, OrderStatus.APPROVED, OrderStatus.APPLIED),
            years=await _years(session),
            keys=frozenset(await session.scalars(select(MasterKeys.id))),
            in_trouble=await _in_trouble(session),
            armed_late=tuple(each.case_no for each in late),
            armed_late_count=await count_armed_late(session) if late else 0,
            overslept=tuple(overslept[:NAMED]),
            overslept_count=len(overslept),
            unheld_catalogues=tuple(
                await session.scalars(select(CatalogueVersions.digest).distinct())
            ),
            ailing_webhooks=tuple(await ailing(session)),
            feed_held=await feed_held(session),
            unled_cities=(await read_staff(session)).on(local_date(at)).unled(),
        )


async def _count(session: AsyncSession, *where: object) -> int:
    query = select(func.count()).select_from(CardDigests).where(and_(*where))  # type: ignore[arg-type]
    return await session.scalar(query) or 0


async def _open_cases(session: AsyncSession) -> Mapping[str, str]:
    query = (
        select(Cases.case_no, Openings.kind)
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(Cases.closed_at.is_(None))
    )
    return {no: workflow_id(kind, no) for no, kind in await session.execute(query)}


async def _orders(session: AsyncSession, *statuses: OrderStatus) -> Mapping[str, datetime]:
    since = func.coalesce(Orders.applied_at, Orders.decided_at, Orders.proposed_at)
    # A change of staff is under way until its day, which may be far off.
    query = select(Orders.no, since).where(
        Orders.status.in_(statuses), Orders.kind != ChangeStaff.kind
    )
    return {no: at for no, at in await session.execute(query)}  # noqa: C416 - typed so


async def _years(session: AsyncSession) -> frozenset[int]:
    query = select(CalendarYears.year).where(
        CalendarYears.calendar == "CN", ~CalendarYears.provisional, CalendarYears.notice != ""
    )
    return frozenset(await session.scalars(query))


async def _in_trouble(session: AsyncSession) -> tuple[str, ...]:
    waiting = and_(Tasks.closed_at.is_(None), Tasks.kind == TaskKind.RESOLVE_TROUBLE)
    query = select(Tasks.case_no).where(waiting).distinct().order_by(Tasks.case_no)
    return tuple(await session.scalars(query))


async def _overslept(session: AsyncSession, at: datetime) -> tuple[str, ...]:
    query = (
        select(Cases.case_no)
        .join(Armings, Armings.case_no == Cases.case_no)
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(
            Cases.closed_at.is_(None),
            # A case that is rehearsed has a time of its own.
            Armings.wakes_at < literal(at - WAKES_LATE, Armings.wakes_at.type) + Openings.rehearsal,
        )
        .order_by(Cases.case_no)
    )
    return tuple(await session.scalars(query))


async def _with_materials(settings: Settings, register: Register) -> Register:
    """The same, with those digests only that the content store does not hold."""
    try:
        store = MaterialStore.open(settings.store_url)
        held = [(each, await store.exists(each)) for each in register.unheld_catalogues]
    except (MaterialError, OSError, SettingsError):
        return replace(register, unheld_catalogues=(), materials_away=True)
    lost = tuple(digest for digest, is_held in held if not is_held)
    return replace(register, unheld_catalogues=lost)


# --- Temporal ------------------------------------------------------------------------------


async def see_engine(client: Client, at: datetime) -> Engine:
    """What Temporal says of our namespace."""
    types = ", ".join(f"'{name}'" for name in sorted({kind.workflow for kind in KNOWN.values()}))
    running = client.list_workflows(_RUNNING.format(types=types))
    workflows, activities = await asyncio.gather(
        _queue(client, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
        _queue(client, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
    )
    polling = [each for each in workflows.pollers if _is_recent(each, at)]
    return Engine(
        stuck=tuple(sorted([each.id async for each in client.list_workflows(_PROBLEMS)])),
        running={each.id: each.start_time async for each in running},
        builds=Counter(each.deployment_options.build_id or "unknown" for each in polling),
        workflow_pollers=len(polling),
        activity_pollers=sum(_is_recent(each, at) for each in activities.pollers),
        backlog_waits=workflows.stats.approximate_backlog_age.ToTimedelta(),
        schedules={each.name: await _schedule(client, each.name) for each in SCHEDULES},
        attributes_missing=await _attributes_missing(client),
    )


async def _queue(client: Client, type_: "TaskQueueType.ValueType") -> DescribeTaskQueueResponse:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=TASK_QUEUE),
        task_queue_type=type_,
        report_stats=True,
    )
    return await client.workflow_service.describe_task_queue(request)


def _is_recent(poller: PollerInfo, at: datetime) -> bool:
    return poller.last_access_time.ToMicroseconds() >= (at - POLLED_WITHIN).timestamp() * 1e6


async def _schedule(client: Client, name: str) -> ScheduleSeen:
    try:
        described = await client.get_schedule_handle(name).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return ScheduleSeen(exists=False)
        raise
    state = described.schedule.state
    return ScheduleSeen(paused=state.paused, note=state.note or "")


async def _attributes_missing(client: Client) -> tuple[str, ...]:
    try:
        listed = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
    except RPCError:  # a cluster may reserve this for its operators
        return ()
    known = listed.custom_attributes
    return tuple(sorted(key.name for key in SEARCH_ATTRIBUTES if key.name not in known))


# --- the one against the other -------------------------------------------------------------


async def _settled(
    sessions: Sessions, client: Client, register: Register, engine: Engine
) -> tuple[Register, Engine]:
    """Ask again about what differs: cases are opened and closed while somebody looks."""
    lone = [no for no, id_ in register.open_cases.items() if id_ not in engine.running]
    ids = set(register.open_cases.values())
    strange = {id_.rpartition(".")[2]: id_ for id_ in engine.running if id_ not in ids}
    async with sessions() as session:
        closed = select(Cases.case_no).where(
            among(Cases.case_no, lone), Cases.closed_at.is_not(None)
        )
        gone = set(await session.scalars(closed))
        opened = select(Openings.case_no).where(
            or_(among(Openings.case_no, strange), among(Openings.gives_way_to, strange))
        )
        known = {strange.get(no) for no in await session.scalars(opened)}
    open_cases = {no: id_ for no, id_ in register.open_cases.items() if no not in gone}
    left = [open_cases[no] for no in lone if no in open_cases]
    began = await _running(client, left[:MOST_DESCRIBED])
    running = {id_: at for id_, at in engine.running.items() if id_ not in known} | began
    return replace(register, open_cases=open_cases), replace(engine, running=running)


async def _running(client: Client, ids: Iterable[str]) -> dict[str, datetime]:
    """Of these workflows, those that run, and since when."""
    at_once = asyncio.Semaphore(DESCRIBED_AT_ONCE)

    async def described(id_: str) -> tuple[str, datetime] | None:
        async with at_once:
            try:
                found = await client.get_workflow_handle(id_).describe()
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return None
                raise
        is_running = found.status is WorkflowExecutionStatus.RUNNING
        return (id_, found.start_time) if is_running else None

    asked: list[Awaitable[tuple[str, datetime] | None]] = [described(id_) for id_ in ids]
    return dict(each for each in await asyncio.gather(*asked) if each)


# --- this machine --------------------------------------------------------------------------


def _ring(settings: Settings) -> tuple[frozenset[str] | None, datetime | None]:
    """The ids of the ring's keys, and when the one that seals was made; None: no ring here."""
    if not settings.key_ring_file.exists():
        return None, None
    ring = KeyRing(settings.key_ring_file)
    made = {key.id: key.made_at for key in ring.keys}
    return frozenset(made), made[ring.active]


async def _issuer_answers(issuer: str) -> bool:
    with suppress(httpx.HTTPError):
        async with httpx.AsyncClient(timeout=ISSUER_ANSWERS_WITHIN) as http:
            return (await http.get(issuer.rstrip("/") + WELL_KNOWN)).is_success
    return False
