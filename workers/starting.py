"""Prepares Temporal and the register before a worker takes work: names, schedules, seed data."""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from casework.domain.orders import (
    ComputeCalendar,
    Content,
    EndMeasure,
    ImportCalendar,
    Order,
    PublishCatalogue,
    StartMeasure,
)
from casework.domain.policy import Mark
from casework.domain.time.calendar import local_date
from casework.messages.mailboxes import WORKFLOW as MAILBOX
from casework.messages.mailboxes import WatchMailbox, mailbox_id
from casework.messages.orders import (
    CATALOGUE,
    CONTENT,
    WORKFLOW,
    Booking,
    OrderStatus,
    StartOrder,
    headline,
    order_id,
    order_number,
)
from casework.messages.schedules import SCHEDULES
from casework.messages.temporal import TASK_QUEUE
from casework.policy.publishing.versions import WholeCatalogue
from casework.policy.staffing import Staff, of_files
from casework.store.engine import Sessions, require_fit_tables, revisions
from casework.store.faults import FROM_THE_REGISTER, fault_of, words_for
from casework.store.in_force import (
    MeasureRow,
    MeasureView,
    PublishedCatalogues,
    Seeded,
    apply_order,
    book_order,
    catalogue_measures,
    latest_version,
    list_measures,
    list_versions,
    seed,
)
from casework.store.in_force.catalogue_orders import enter_first
from casework.store.in_force.published import UNREADABLE
from casework.store.in_force.staff_orders import from_files
from casework.store.register.staff import sealed_contacts, staff_version
from casework.temporal import register_search_attributes

AGAIN_AFTER_SECONDS = 5

log = structlog.get_logger("worker")


async def make_ready(
    client: Client,
    sessions: Sessions,
    published: PublishedCatalogues,
    *,
    newer: bool = False,
    packaged: bool = True,
) -> None:
    """Return when a worker may begin; wait for the register, however long that takes.

    ``packaged``: the catalogue that this worker comes with is that of its release.

    Raises:
        UnfitError: the register's tables are not those of this release, nor, with ``newer``, of a
            later one.
    """
    try:
        await register_search_attributes(client)
    except RPCError as error:
        # A cluster may reserve this for its operators; the runbook has their command.
        log.warning("search_attributes_not_registered", status=error.status.name)
    await _fit(sessions, newer=newer)
    differing = await _seeded(sessions, await _held(sessions, published))
    change = await bring_in_staff(sessions, of_files(), published.now())
    for schedule in SCHEDULES:
        try:
            await schedule.keep(client)
        except RPCError as error:
            log.warning("not_scheduled", schedule=schedule.name, status=error.status.name)
    await bring_in_line(client, sessions, differing)
    if change is not None:
        await start_order(client, change)
        log.info("catalogue_ordered", order=change.order.no, kind=change.order.content.kind)
    if packaged:
        await order_release(client, sessions, published)

    async def follow(whole: WholeCatalogue) -> None:
        await bring_in_line(client, sessions, await _seeded(sessions, whole))

    published.when_taken(follow)


async def watch_mailbox(client: Client, name: str) -> None:
    """Begin the workflow that fetches from a mailbox, unless it runs."""
    try:
        await client.start_workflow(
            MAILBOX,
            WatchMailbox(mailbox=name),
            id=mailbox_id(name),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"收取邮箱 {name}",
        )
    except RPCError as error:
        log.warning("mailbox_not_watched", mailbox=name, status=error.status.name)


async def bring_in_staff(sessions: Sessions, files: Staff, at: datetime) -> StartOrder | None:
    """Bring the people of the roster files into an empty register, at once.

    Return the order by which later changes of the files come in, which hands work on; None: the
    register knows the files.
    """
    async with sessions.begin() as session:
        change = await from_files(session, files.digest, files.posts, local_date(at))
        if change is None:
            return None
        before = await staff_version(session)
        change = replace(change, contacts=await sealed_contacts(session, files.contacts))
        key = f"{files.digest}\x1f{before}"
        order = Order(no=order_number(CATALOGUE.code, key), content=change, proposed_by=CATALOGUE)
        if before:
            return StartOrder(order=order, approved=True)
        await apply_order(session, order, CATALOGUE, at)
        done = Booking(order=order, district="", status=OrderStatus.DONE, at=at)
        await book_order(session, done)
        return None


async def bring_in_line(client: Client, sessions: Sessions, differing: Seeded) -> None:
    """Start orders for the differences between this release's catalogue and the register."""
    async with sessions() as session:
        known = await list_measures(session)
    orders, left = orders_for(differing, known)
    for order in orders:
        await start_order(client, order)
        log.info("catalogue_ordered", order=order.order.no, kind=order.order.content.kind)
    if left:
        # Only a person can decide what this means for running cases.
        log.warning("catalogue_differs", about=left)


async def _fit(sessions: Sessions, *, newer: bool) -> None:
    while True:
        try:
            async with sessions.begin() as session:
                return require_fit_tables(await revisions(session), newer=newer)
        except (OSError, *FROM_THE_REGISTER) as error:
            await _wait_after(error)


async def _seeded(sessions: Sessions, whole: WholeCatalogue) -> Seeded:
    measures = catalogue_measures(whole.catalogue)
    while True:
        try:
            async with sessions.begin() as session:
                return await seed(session, whole.calendar, measures)
        except (OSError, *FROM_THE_REGISTER) as error:
            await _wait_after(error)


async def _wait_after(error: Exception) -> None:
    fault = fault_of(error)
    if fault is None:
        raise error
    log.warning("register_not_ready", fault=fault, error=words_for(error))
    await asyncio.sleep(AGAIN_AFTER_SECONDS)


# --- the catalogue -------------------------------------------------------------------------
# The first worker publishes what it comes with; from then on only orders do.


async def _held(sessions: Sessions, published: PublishedCatalogues) -> WholeCatalogue:
    """Publish the first version if there is none; return what is in force once it can be read."""
    while True:
        try:
            await publish_first(sessions, published)
            await published.watch.look()
        except UNREADABLE as error:
            log.error("catalogue_not_ready", error=type(error).__name__)  # noqa: TRY400 - one line
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
        except FROM_THE_REGISTER as error:
            await _wait_after(error)
        else:
            return published.today


async def publish_first(sessions: Sessions, published: PublishedCatalogues) -> None:
    """Enter the catalogue that this process comes with as version 1, unless there is one."""
    async with sessions() as session:
        if await latest_version(session):
            return
    sample = await published.beginning()
    await published.materials.keep(sample.archive.content)
    async with sessions.begin() as session:
        if await enter_first(session, sample.digest, CATALOGUE.code, published.now()):
            log.info("catalogue_begun", digest=sample.digest)


async def order_release(
    client: Client, sessions: Sessions, published: PublishedCatalogues
) -> Order | None:
    """Publish the catalogue of a new release, as long as the office has published none itself.

    Returns the order, None: there is nothing to publish. A worker of an older release, whose
    catalogue was in force before, orders nothing.
    """
    sample = published.held.sample
    async with sessions() as session:
        versions = await list_versions(session)
    if any(version.digest == sample.digest for version in versions):
        return None
    if any(version.proposed_by != CATALOGUE.code for version in versions):
        log.warning("catalogue_of_release_not_published", digest=sample.digest)
        return None
    await published.materials.keep(sample.archive.content)
    content = PublishCatalogue(
        digest=sample.digest, first_on=local_date(published.now()), reason=REASON
    )
    number = order_number(CATALOGUE.code, f"{sample.digest}\x1f{len(versions)}")
    order = Order(no=number, content=content, proposed_by=CATALOGUE)
    await start_order(client, StartOrder(order=order, approved=True))
    log.info("catalogue_ordered", order=number, kind=content.kind)
    return order


# --- orders of the catalogue ---------------------------------------------------------------
# Orders for the differences between a release's catalogue and the register.
#
# Running cases are told as by any order. No second person is asked: the catalogue was reviewed.


REASON = "随政策目录更新"


def orders_for(
    differing: Seeded, known: Iterable[MeasureView]
) -> tuple[tuple[StartOrder, ...], tuple[str, ...]]:
    """Return the orders, and the ids of differences that no order can express; may be repeated.

    An order can start a measure, change its last day, and import a year with its notice. All years
    without a notice that are computed differently than before are in one order.
    """
    stored = {row.id: row for row in known}
    orders, left = [], list(differing.gone)
    for row in differing.measures:
        content = _content(row, stored.get(row.id))
        if content is None:
            left.append(row.id)
        else:
            orders.append(_order(content, stored.get(row.id)))
    computed = tuple(year for year in differing.years if year.provisional)
    if computed:
        orders.append(_order(ComputeCalendar(years=computed, reason=REASON), None))
    orders += (
        _order(ImportCalendar(year=year, reason=REASON), None)
        for year in differing.years
        if not year.provisional
    )
    return tuple(orders), tuple(left)


def _content(row: MeasureRow, before: MeasureView | None) -> Content | None:
    if before is None:
        return StartMeasure(
            effect=row.effect,
            district=row.district,
            items=row.items,
            since=row.since,
            until=row.until,
            online_accepted_from=row.online_accepted_from,
            channels=row.channels,
            reason=REASON,
            reference=row.reference,
            mark=Mark(row.mark),
        )
    same = {name: getattr(before, name) for name in asdict(row)}
    if replace(row, until=before.until) == MeasureRow(**same):
        return EndMeasure(measure=row.id, until=row.until, reason=REASON)
    return None


def _order(content: Content, before: MeasureView | None) -> StartOrder:
    # What was in force before is part of the key: there and back again are two orders.
    key = f"{CONTENT.dump_json(content).decode()}\x1f{before.version if before else ''}"
    order = Order(no=order_number(CATALOGUE.code, key), content=content, proposed_by=CATALOGUE)
    district = getattr(content, "district", "") or (before.district if before else "")
    return StartOrder(order=order, district=district, approved=True)


async def start_order(client: Client, start: StartOrder) -> None:
    """Start an order unless it runs or has ended; it is carried out once a worker listens."""
    try:
        await client.start_workflow(
            WORKFLOW,
            start,
            id=order_id(start.order.no),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=headline(start.order.content),
        )
    except WorkflowAlreadyStartedError:
        return
