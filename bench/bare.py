"""The floor: a workflow with nothing in it but updates, each one insert by a local activity."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

CREATE = "CREATE TABLE IF NOT EXISTS bench_notes (id bigserial PRIMARY KEY, note text NOT NULL)"


@dataclass(frozen=True)
class BareActivities:
    """One insert, one transaction."""

    sessions: async_sessionmaker[AsyncSession]

    @activity.defn(name="bench.insert")
    async def insert(self, note: str) -> None:
        async with self.sessions.begin() as session:
            await session.execute(
                text("INSERT INTO bench_notes (note) VALUES (:note)"), {"note": note}
            )


@workflow.defn(name="Bare")
class BareWorkflow:
    """Ends after so many updates."""

    def __init__(self) -> None:
        self._done = 0

    @workflow.run
    async def run(self, updates: int) -> None:
        await workflow.wait_condition(lambda: self._done >= updates)

    @workflow.update
    async def step(self, note: str) -> int:
        await workflow.execute_local_activity_method(
            BareActivities.insert, note, start_to_close_timeout=timedelta(seconds=5)
        )
        self._done += 1
        return self._done

    @step.validator
    def _can_step(self, note: str) -> None:
        if not note:
            raise ApplicationError("a note is needed", type="NoteMissing")
