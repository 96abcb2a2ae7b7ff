"""The register, as the workflow sees it: an entry into it, and one question to it."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.calendars import load_calendar
from casework.domain.calendar import WorkingCalendar
from casework.messages import CreditQuestion, Entry
from casework.store import credit
from casework.store.recording import CaseTakenError, Written, record


@dataclass(frozen=True)
class RegisterActivities:
    """Both are quick and run as local activities."""

    sessions: async_sessionmaker[AsyncSession]
    calendar: WorkingCalendar = field(default_factory=load_calendar)

    @activity.defn(name="register.record")
    async def record(self, entry: Entry) -> None:
        """Write one entry in one transaction; a repeat of the same (case, seq) changes nothing.

        Fails for good as ``CaseTaken`` if another run opened the case; everything else is retried.
        """
        try:
            async with self.sessions.begin() as session:
                written = await record(session, entry, self.calendar)
        except CaseTakenError as error:
            raise ApplicationError(str(error), type="CaseTaken", non_retryable=True) from None
        if written in {Written.SUPERSEDING, Written.STALE}:
            first, last = entry.events[0].seq, entry.events[-1].seq
            activity.logger.warning(
                "events_decided_twice",
                extra={"outcome": written, "case_no": entry.case_no, "first": first, "last": last},
            )

    @activity.defn(name="register.barred")
    async def barred(self, question: CreditQuestion) -> bool:
        """Whether an unrepaired breach bars the applicant from further deferral."""
        async with self.sessions() as session:
            return await credit.barred(session, question.subject)
