"""Takes down the reports of the day, so that a past one never changes."""

from dataclasses import dataclass

from temporalio import activity

from casework.domain.reports import period_of
from casework.messages.schedules import ReportTaken, TakeReport
from casework.store.engine import Sessions
from casework.store.snapshots import take


@dataclass(frozen=True)
class ReportActivities:
    """Needs the register."""

    sessions: Sessions

    @activity.defn(name="reports.take")
    async def take(self, wanted: TakeReport) -> ReportTaken:
        """Take down the report of one period; may be repeated, and a final one stays as it is."""
        async with self.sessions.begin() as session:
            taken = await take(session, period_of(wanted.period), wanted.at)
        return ReportTaken(period=wanted.period, taken=taken)
