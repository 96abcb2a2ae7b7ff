"""From what a release's catalogue says otherwise than the register to orders that bring it in.

Running cases hear of it as of any order. No second person is asked: the catalogue was reviewed.
"""

from collections.abc import Iterable
from dataclasses import asdict, replace

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from casework.domain.orders import (
    ComputeCalendar,
    Content,
    EndMeasure,
    ImportCalendar,
    Order,
    StartMeasure,
)
from casework.domain.policy import Mark
from casework.messages.orders import (
    CATALOGUE,
    CONTENT,
    WORKFLOW,
    StartOrder,
    headline,
    order_id,
    order_number,
)
from casework.messages.temporal import TASK_QUEUE
from casework.store.in_force import MeasureRow, MeasureView, Seeded

REASON = "随政策目录更新"


def orders_for(
    differing: Seeded, known: Iterable[MeasureView]
) -> tuple[tuple[StartOrder, ...], tuple[str, ...]]:
    """The orders, and the ids that no order can say; the same twice, the same orders.

    An order can start a measure, give one another last day, and import a year with its notice. The
    years without one, if computed otherwise than before, come with one order together.
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
