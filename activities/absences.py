"""Writes absences into the register, and signals the cases that an absence concerns."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity

from activities.telling import BATCH, by_signal, tell_all
from casework.messages.absences import AbsenceEnded, AbsenceNoted, RouseHolders, TellRelations
from casework.store.queries import holders_cases
from casework.store.register.absences import Absence, end_absence, record_absence
from casework.store.register.shares import open_cases_of, to_tell, told
from casework.store.telling import TELLINGS, part, tell


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
        about = part(wanted.id, wanted.officer)
        async with self.sessions.begin() as session:
            await tell(session, about, holders_cases(wanted.officer))
        return await self._rouse(about)

    @activity.defn(name="absences.tell_relations")
    async def tell_relations(self, wanted: TellRelations) -> int:
        """Signal the open cases of each relation of which they have still to be told; how many.

        Each is signalled once for a declaration; the next run tells whoever could not be told.
        """
        del wanted
        async with self.sessions() as session:
            waiting = await to_tell(session)
        count = 0
        for relation in waiting:
            async with self.sessions.begin() as session:
                await tell(session, relation.about, open_cases_of(relation.subject))
            count += await self._rouse(relation.about, relation.since.isoformat())
            async with self.sessions.begin() as session:
                await told(session, relation)
        return count

    async def _rouse(self, about: str, since: str = "") -> int:
        """Have each that waits look again, at a limited rate; return how many have been told."""
        key = f"{about}:{since}" if since else about
        carried = await tell_all(
            self.sessions,
            TELLINGS,
            about,
            by_signal("look_again", key),
            batch=min(BATCH, self.per_second),
            per_second=self.per_second,
        )
        return carried.done
