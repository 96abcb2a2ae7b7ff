"""The workflow of a webhook: pause, redelivery, a run that continues, the end; replayed whole.

Its histories in ``tests/replay`` were written from here.
"""

import asyncio
import shutil
import sysconfig
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import repeat

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from casework.domain.authority import Matrix, System
from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.messages.temporal import TASK_QUEUE
from casework.messages.webhooks import LOOK, WORKFLOW, StartWebhook, WebhookStatus, webhook_id
from casework.policy.authority import load_authority
from casework.rehearsal.world import Office
from casework.security.proof.parts import Trust
from casework.store import webhooks as register
from casework.store.engine import Sessions
from casework.store.queries.feed import BEGINNING
from casework.store.register.recording import record
from casework.store.webhooks import Webhook
from casework.temporal import data_converter, register_search_attributes, signal_once
from tests.activities.receiver import BUSY, GONE, Receiver, receiving
from tests.store.desks import archived
from tests.store.entries import writer
from workers.main import create_replayer, create_worker

NUMBER = "wh-1"
EARLY = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=60")
BACKEND = Actor(code="backend", role=Role.SYSTEM)


@dataclass(frozen=True)
class Hooked:
    """A webhook that runs, and its receiver."""

    client: Client
    sessions: Sessions
    receiver: Receiver

    async def until(self, there: Callable[[Webhook], bool]) -> None:
        """Wait until the register shows it."""
        async with asyncio.timeout(60):
            while not there(await self.known()):
                await asyncio.sleep(0.02)

    async def known(self) -> Webhook:
        async with self.sessions() as session:
            found = await register.webhook(session, NUMBER)
        assert found is not None
        return found

    async def changed(self, to: WebhookStatus) -> None:
        """Bring it to a status, as the API does."""
        async with self.sessions.begin() as session:
            now = datetime.now(UTC)
            every = frozenset(WebhookStatus)
            assert await register.set_status(
                session, NUMBER, to, among=every, at=now, by=BACKEND.code
            )
        await self.look()

    async def look(self) -> None:
        stamp = datetime.now(UTC).isoformat()
        await signal_once(self.client, webhook_id(NUMBER), LOOK, None, request_id=stamp)

    async def happens(self, number: int) -> str:
        """A case of eight events is recorded."""
        of_case = writer(archived(), number=number)
        for entry in of_case.rest(repeat(3)):
            async with self.sessions.begin() as session:
                await record(session, entry)
        return of_case.case_no


@pytest.fixture
async def hooked(
    office: Office, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hooked]:
    sees = System(may=frozenset({("application", "read")}), sources=("backend",))
    matrix = Matrix(actions=load_authority().actions, systems={"backend": sees})
    monkeypatch.setattr("activities.webhooks.load_authority", lambda: matrix)
    telling = replace(
        office.parts.webhooks,
        lasts=timedelta(milliseconds=300),
        looks_every=timedelta(milliseconds=50),
    )
    parts = replace(office.parts, webhooks=telling)
    trust = Trust.new()
    async with (
        receiving() as receiver,
        await WorkflowEnvironment.start_local(
            data_converter=data_converter,
            identity="worker",
            interceptors=[trust.signing],
            dev_server_existing_path=shutil.which("temporal", path=sysconfig.get_path("scripts")),
            dev_server_extra_args=EARLY,
        ) as environment,
    ):
        await register_search_attributes(environment.client)
        async with create_worker(environment.client, parts, trust.verifier):
            yield Hooked(environment.client, sessions, receiver)


async def test_it_pauses_sends_again_and_goes_on_in_another_run(hooked: Hooked) -> None:
    first = await hooked.happens(0)
    receiver, number = hooked.receiver, webhook_id(NUMBER)
    receiver.refusing.add(f"{first}:3")
    async with hooked.sessions.begin() as session:
        await register.make(session, _new(receiver.url))
    handle = await hooked.client.start_workflow(
        WORKFLOW, StartWebhook(id=NUMBER, by=BACKEND), id=number, task_queue=TASK_QUEUE
    )
    await hooked.until(lambda known: known.refused == 6)
    receiver.refusing.clear()
    async with hooked.sessions.begin() as session:
        await register.send_again(session, NUMBER)
    await hooked.look()
    await hooked.until(lambda known: known.refused == 0)
    receiver.plan.append(GONE)
    second = await hooked.happens(1)
    await hooked.until(lambda known: known.status is WebhookStatus.PAUSED)
    receiver.plan.append(BUSY)
    await hooked.changed(WebhookStatus.ACTIVE)
    await hooked.until(lambda known: known.failing_since is not None)
    await hooked.look()  # or it would wait for half an hour
    await hooked.until(lambda known: known.caught_up_at is not None and not known.problem)
    async with asyncio.timeout(60):
        while (await handle.describe()).run_id == handle.first_execution_run_id:
            await asyncio.sleep(0.1)
    await hooked.changed(WebhookStatus.ENDED)
    await hooked.client.get_workflow_handle(number).result()
    took = [event["id"] for event in receiver.took]
    assert sorted(took) == sorted(
        f"{case}:{seq}" for case in (first, second) for seq in range(1, 9)
    )
    replayer = create_replayer()
    runs = [history async for history in _runs(hooked.client.get_workflow_handle(number))]
    assert len(runs) > 1
    for history in runs:
        await replayer.replay_workflow(history)


async def _runs(latest: WorkflowHandle[object, object]) -> AsyncIterator[WorkflowHistory]:
    """The histories of a workflow, the last run first."""
    client, run = latest._client, None
    while run != "":
        history = await client.get_workflow_handle(latest.id, run_id=run).fetch_history()
        yield history
        run = history.events[
            0
        ].workflow_execution_started_event_attributes.continued_execution_run_id


def _new(url: str) -> Webhook:
    return Webhook(
        id=NUMBER,
        system=BACKEND.code,
        url=url,
        events=(),
        districts=(),
        item_codes=(),
        status=WebhookStatus.ACTIVE,
        after=str(BEGINNING),
        made_at=datetime.now(UTC),
        approved_by="",
        caught_up_at=None,
        failing_since=None,
        problem="",
        ping_asked_at=None,
        ping_sent_at=None,
        ping_problem="",
    )
