"""What must be so before a worker takes work: names and schedules known, the register seeded."""

import asyncio

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from casework.messages.schedules import SCHEDULES
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import load_catalogue
from casework.store.engine import Sessions, require_fit_tables
from casework.store.faults import FROM_THE_REGISTER, fault_of, words_for
from casework.store.in_force import Seeded, catalogue_measures, list_measures, seed
from casework.store.queries import revisions
from casework.temporal.connection import register_search_attributes
from workers.catalogue_orders import orders_for, start_order

AGAIN_AFTER_SECONDS = 5

log = structlog.get_logger("worker")


async def make_ready(client: Client, sessions: Sessions, *, newer: bool = False) -> None:
    """Return once a worker may begin; waits for the register, however long that takes.

    Raises:
        UnfitError: the register's tables are not those of this release, nor, with ``newer``, of a
            later one.
    """
    try:
        await register_search_attributes(client)
    except RPCError as error:
        # A cluster may reserve this for its operators; the runbook has their command.
        log.warning("search_attributes_not_registered", status=error.status.name)
    differing = await _seeded(sessions, newer=newer)
    for schedule in SCHEDULES:
        try:
            await schedule.keep(client)
        except RPCError as error:
            log.warning("not_scheduled", schedule=schedule.name, status=error.status.name)
    await bring_in_line(client, sessions, differing)


async def bring_in_line(client: Client, sessions: Sessions, differing: Seeded) -> None:
    """Order what this release's catalogue says otherwise than the register."""
    async with sessions() as session:
        known = await list_measures(session)
    orders, left = orders_for(differing, known)
    for order in orders:
        await start_order(client, order)
        log.info("catalogue_ordered", order=order.order.no, kind=order.order.content.kind)
    if left:
        # Only a person can say what this shall mean for cases that run.
        log.warning("catalogue_differs", about=left)


async def _seeded(sessions: Sessions, *, newer: bool) -> Seeded:
    calendar, measures = load_calendar(), catalogue_measures(load_catalogue())
    while True:
        try:
            async with sessions.begin() as session:
                require_fit_tables(await revisions(session), newer=newer)
                return await seed(session, calendar, measures)
        except (OSError, *FROM_THE_REGISTER) as error:
            fault = fault_of(error)
            if fault is None:
                raise
            log.warning("register_not_ready", fault=fault, error=words_for(error))
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
