"""Writes absences into the register, and signals the cases that an absence concerns."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity

from activities.telling import BATCH, Signal, batch_by_batch, signal_all
from casework.messages.absences import AbsenceEnded, AbsenceNoted, RouseHolders, TellRelations
from casework.store.queries import holders_tasks
from casework.store.register.absences import Absence, end_absence, record_absence
from casework.store.register.cases import Running
from casework.store.register.shares import open_cases_of, to_tell, told


@dataclass(frozen=True)
class AbsenceActivities:
    """``per_second``: how many cases are signalled in a second."""

    sessions: async_sessionmaker[AsyncSession]
    per_second: int

    @activity.defn(name="absences.record")
    async def record(self, noted: AbsenceNoted) -> None:
        """Write it; the same id again changes nothing."""
        absence = Absence(
            id=noted.id,
            officer=noted.officer,
            first_on=noted.first_on,
            last_on=noted.last_on,
            reason=noted.reason,
            recorded_by=noted.recorded_by,
            recorded_at=noted.at,
        )
        async with self.sessions.begin() as session:
            await record_absence(session, absence)

    @activity.defn(name="absences.end")
    async def end(self, ended: AbsenceEnded) -> None:
        """Record that the officer is back from that day on; idempotent; an earlier end is kept."""
        async with self.sessions.begin() as session:
            await end_absence(session, ended.id, ended.ended_on)

    @activity.defn(name="absences.rouse")
    async def rouse(self, wanted: RouseHolders) -> int:
        """Signal each case in which the officer holds an open task to look again; return how many.

        Each is signalled once for an absence, however often this is tried.
        """
        async with self.sessions() as session:
            cases = await holders_tasks(session, wanted.officer)
        return await self._rouse(cases, wanted.id)

    @activity.defn(name="absences.tell_relations")
    async def tell_relations(self, wanted: TellRelations) -> int:
        """Signal the open cases of each relation of which they have still to be told; how many.

        The next run tells whoever could not be told. A case that is signalled twice looks twice,
        and finds nothing new.
        """
        del wanted
        async with self.sessions() as session:
            waiting = await to_tell(session)
        count, run = 0, activity.info().workflow_run_id
        for relation in waiting:
            async with self.sessions() as session:
                cases = await open_cases_of(session, relation.subject)
            count += await self._rouse(cases, f"relation:{relation.id}:{run}")
            async with self.sessions.begin() as session:
                await told(session, relation)
        return count

    async def _rouse(self, cases: Sequence[Running], key: str) -> int:
        """Have each look again, at a limited rate, once for the key; return how many."""
        left = list(cases)

        async def page() -> list[Running]:
            batch = left[: min(BATCH, self.per_second)]
            del left[: len(batch)]
            return batch

        async def tell(batch: Sequence[Running]) -> None:
            signals = [
                Signal(
                    workflow_id=case.workflow_id,
                    name="look_again",
                    request_id=f"{key}:{case.case_no}",
                )
                for case in batch
            ]
            await signal_all(signals, per_second=self.per_second)

        count, _ = await batch_by_batch(page, tell)
        return count
