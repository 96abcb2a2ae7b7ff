"""A catalogue is published by two people; a process takes it, all or none."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from structlog.testing import capture_logs
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

from casework.domain.case.facts import Actor
from casework.domain.orders import Order, PublishCatalogue
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.messages.orders import (
    CATALOGUE,
    WORKFLOW,
    Approval,
    OrderReceipt,
    OrderStatus,
    Proposal,
    StartOrder,
    order_id,
    order_number,
)
from casework.messages.temporal import TASK_QUEUE
from casework.policy.publishing.versions import HeldCatalogues, WholeCatalogue
from casework.rehearsal.world import Office
from casework.store.engine import take_publishing_turn
from casework.store.in_force import PublishedCatalogues, list_versions
from casework.store.in_force.catalogue_orders import publish
from casework.store.in_force.published import NOT_TAKEN, UNREADABLE
from tests.publishing.trees import PACKAGED, longer_limit
from tests.workflows.conftest import Bench
from tests.workflows.ordering import decide, result
from workers.starting import order_release, publish_first

PROPOSER = Actor(code="sh-u1", role=Role.SUPERIOR)
APPROVER = Actor(code="hh-u1", role=Role.SUPERIOR)
"""Of the other city: whoever approves for all."""
ONE_DAY = timedelta(days=1)


def today() -> date:
    return local_date(datetime.now(UTC))


@pytest.fixture
async def published(bench: Bench, office: Office) -> AsyncIterator[PublishedCatalogues]:
    """What the worker holds; the packaged catalogue is version 1."""
    published = office.parts.publishing.published
    _forget(published)
    await publish_first(bench.sessions, published)
    await published.watch.look()
    yield published
    _forget(published)


def _forget(published: PublishedCatalogues) -> None:
    """As a process that has only just started."""
    published.held = HeldCatalogues(sample=PACKAGED)
    published.watch._known = None


@pytest.fixture
def client(bench: Bench) -> Client:
    return bench.environment.client


async def kept(published: PublishedCatalogues, whole: WholeCatalogue) -> WholeCatalogue:
    await published.materials.keep(whole.archive.content)
    return whole


def ordering(digest: str, first_on: date, by: Actor = PROPOSER) -> Order:
    content = PublishCatalogue(digest=digest, first_on=first_on, reason="新办法施行")
    return Order(no=order_number(by.code, f"{content}"), content=content, proposed_by=by)


async def proposed(client: Client, order: Order) -> OrderReceipt:
    operation: WithStartWorkflowOperation[object, OrderReceipt] = WithStartWorkflowOperation(
        WORKFLOW,
        StartOrder(order=order),
        id=order_id(order.no),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    receipt: OrderReceipt = await client.execute_update_with_start_workflow(
        "propose",
        Proposal(content=order.content),
        start_workflow_operation=operation,
        result_type=OrderReceipt,
    )
    return receipt


async def refused(client: Client, order: Order, by: Actor = APPROVER) -> str:
    await proposed(client, order)
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await decide(client, order, Approval(actor=by))
    assert isinstance(failed.value.cause, ApplicationError)
    return failed.value.cause.type or ""


async def test_two_people_publish_and_go_back(
    client: Client, bench: Bench, published: PublishedCatalogues
) -> None:
    first_on = today() + ONE_DAY
    newer = await kept(published, longer_limit(3, first_on + ONE_DAY))
    order = ordering(newer.digest, first_on)
    assert (await proposed(client, order)).status is OrderStatus.PROPOSED
    assert published.held.latest == 1
    await decide(client, order, Approval(actor=APPROVER))
    assert (await result(client, order)).status is OrderStatus.DONE
    assert published.on(first_on).digest == newer.digest
    assert published.on(first_on - ONE_DAY).digest == PACKAGED.digest

    back = ordering(PACKAGED.digest, first_on + ONE_DAY)
    await proposed(client, back)
    await decide(client, back, Approval(actor=APPROVER))
    assert published.on(first_on).digest == newer.digest
    assert published.on(first_on + ONE_DAY).digest == PACKAGED.digest
    async with bench.sessions() as session:
        rows = await list_versions(session)
    assert [(row.proposed_by, row.approved_by) for row in rows] == [
        (CATALOGUE.code, ""),
        (PROPOSER.code, APPROVER.code),
        (PROPOSER.code, APPROVER.code),
    ]
    assert [row.order_no for row in rows] == [None, order.no, back.no]


async def test_nobody_publishes_alone_or_what_may_not_be(
    client: Client, published: PublishedCatalogues
) -> None:
    first_on = today() + ONE_DAY
    newer = await kept(published, longer_limit(5, first_on + ONE_DAY))
    assert await refused(client, ordering(newer.digest, first_on), PROPOSER) == "FOUR_EYES"
    officer = Actor(code="ja-o1", role=Role.OFFICER, district="310106")
    alone = ordering(newer.digest, first_on + ONE_DAY)
    assert await refused(client, alone, officer) == "ROLE_NOT_ALLOWED"
    past = await kept(published, longer_limit(5, today() - ONE_DAY))
    assert await refused(client, ordering(past.digest, first_on)) == "EDITS_THE_PAST"
    unknown = "0" * 64
    assert await refused(client, ordering(unknown, first_on)) == "CATALOGUE_UNKNOWN"
    broken = await published.materials.keep(PACKAGED.archive.content[:5_000])
    assert await refused(client, ordering(broken, first_on)) == "CATALOGUE_INVALID"
    early = ordering(newer.digest, today() - 5 * ONE_DAY)
    assert await refused(client, early) == "FIRST_DAY_PAST"
    assert published.held.latest == 1


async def test_what_cannot_be_read_changes_nothing_and_alarms(
    bench: Bench, published: PublishedCatalogues
) -> None:
    whole = longer_limit(7, today() + ONE_DAY)
    order = ordering(whole.digest, today())
    async with bench.sessions.begin() as session:
        await take_publishing_turn(session)
        await publish(session, order, APPROVER, datetime.now(UTC))
    before = published.held
    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(UNREADABLE):
                await published.watch.look()
    assert published.held is before
    alarms = [entry for entry in logs if entry["event"] == NOT_TAKEN]
    assert [(entry["log_level"], entry["digest"]) for entry in alarms] == [("error", whole.digest)]
    await kept(published, whole)
    assert await published.watch.look()
    assert published.today.digest == whole.digest


async def test_a_release_is_followed_until_the_office_publishes_itself(
    client: Client, bench: Bench, published: PublishedCatalogues
) -> None:
    release = longer_limit(4, today() + ONE_DAY)
    published.held = replace(published.held, sample=release)
    order = await order_release(client, bench.sessions, published)
    assert order is not None
    assert (await result(client, order)).status is OrderStatus.DONE
    assert published.today.digest == release.digest
    published.held = replace(published.held, sample=PACKAGED)
    assert await order_release(client, bench.sessions, published) is None  # of an older release
    own = await kept(published, longer_limit(4, today() + 2 * ONE_DAY))
    by_hand = ordering(own.digest, today() + ONE_DAY)
    await proposed(client, by_hand)
    await decide(client, by_hand, Approval(actor=APPROVER))
    later = longer_limit(9, today() + 3 * ONE_DAY)
    published.held = replace(published.held, sample=later)
    assert await order_release(client, bench.sessions, published) is None
