"""A time-skipping server with the production worker, over a real register and the fake town."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.testing import WorkflowEnvironment

from bench.cases import Office as Backend
from casework.messages.cases import Outcome
from casework.messages.temporal import TASK_QUEUE
from casework.rehearsal.rest import come_to_rest
from casework.rehearsal.world import Office, open_office, time_skipping
from casework.store import queries
from casework.store.engine import Sessions
from workers.main import create_replayer

Handle = WorkflowHandle[object, Outcome]
HANDS_ON = "HandsOn"
"""What begins a run in the middle of a case (``tests/workflows/handed_on.py``)."""
REST = timedelta(seconds=100)
"""Less than a test may take: on a busy machine a case that replays at each task is slow."""


@dataclass(frozen=True)
class Bench:
    """Cases under test: start them as a backend does, read what the register knows."""

    environment: WorkflowEnvironment
    backend: Backend
    sessions: Sessions

    async def kinds(self, handle: Handle) -> list[str]:
        async with self.sessions() as session:
            return [event.kind for event in await queries.timeline(session, _number(handle))]

    async def codes(self, handle: Handle) -> list[str]:
        """The codes of what was refused and recorded."""
        async with self.sessions() as session:
            events = await queries.timeline(session, _number(handle))
        return [event.body["code"] for event in events if event.kind == "message_refused"]

    async def rest(self, *handles: Handle) -> None:
        """Return once nothing is under way in these cases.

        A fact whose proof is still being checked is not waited for by the update that follows it.
        """
        await come_to_rest(handles, within=REST)

    async def length(self, handle: Handle) -> int:
        return (await handle.describe()).history_length


def _number(handle: Handle) -> str:
    return handle.id.split(".", 2)[2]


@pytest.fixture(scope="session")
async def office(register_url: str) -> AsyncIterator[Office]:
    """The activities: they take no notice of time, so one set serves all servers."""
    async with open_office(register_url) as office:
        yield office


@pytest.fixture
async def bench(office: Office, sessions: Sessions) -> AsyncIterator[Bench]:
    begun = Begun()
    async with time_skipping(office, interceptors=[begun]) as environment:
        yield Bench(environment, Backend(environment.client, TASK_QUEUE, "workflow-test"), sessions)
        await begun.replay(environment.client)


class Begun(Interceptor):
    """Notes what is begun, to replay all of it: what is not deterministic shows.

    Not by a worker without a cache: where a signal meets a local activity it loses a task, and the
    server gives that out again ten seconds later.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, None] = {}

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return _Noting(next, self.numbers)

    async def replay(self, client: Client) -> None:
        """Every run, from its start, as a worker would that has only its history."""
        replayer = create_replayer()
        for number in self.numbers:
            run: str | None = None
            while run != "":
                history = await client.get_workflow_handle(number, run_id=run).fetch_history()
                first = history.events[0].workflow_execution_started_event_attributes
                if first.workflow_type.name == HANDS_ON:
                    break
                await replayer.replay_workflow(history)
                run = first.continued_execution_run_id


class _Noting(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, numbers: dict[str, None]) -> None:  # noqa: A002 - as above
        super().__init__(next)
        self._numbers = numbers

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002 - as above
        handle = await super().start_workflow(input)
        self._numbers[input.id] = None
        return handle

    async def start_update_with_start_workflow(
        self,
        input: StartWorkflowUpdateWithStartInput,  # noqa: A002 - as above
    ) -> WorkflowUpdateHandle[Any]:
        handle = await super().start_update_with_start_workflow(input)
        self._numbers[input.start_workflow_input.id] = None
        return handle
