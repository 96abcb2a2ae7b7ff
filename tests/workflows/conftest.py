"""A time-skipping server with the production worker, over a real register and the fake town."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from bench.cases import Office as Backend
from casework.messages.cases import Outcome
from casework.messages.temporal import TASK_QUEUE
from casework.rehearsal.world import open_office, time_skipping
from casework.store import queries
from casework.store.engine import Sessions

Handle = WorkflowHandle[object, Outcome]


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

    async def length(self, handle: Handle) -> int:
        return (await handle.describe()).history_length


def _number(handle: Handle) -> str:
    return handle.id.split(".", 2)[2]


@pytest.fixture
async def bench(register_url: str, sessions: Sessions) -> AsyncIterator[Bench]:
    async with (
        open_office(register_url) as office,
        # Every task replays from the start: what is not deterministic shows at once.
        time_skipping(office, cached_workflows=0) as environment,
    ):
        backend = Backend(environment.client, TASK_QUEUE, "workflow-test")
        yield Bench(environment, backend, sessions)
