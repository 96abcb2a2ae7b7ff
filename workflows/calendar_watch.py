"""The CalendarWatch workflow: each December, until the notice of the next year is imported."""

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.calendar import CalendarActivities
from casework.domain.time.calendar import local_date
from casework.messages.schedules import (
    CALENDAR_WATCH,
    Reminder,
    WatchCalendar,
    YearQuestion,
    YearStanding,
)
from workflows.clock import now, until
from workflows.options import ORDINARY, outside
from workflows.verbs import Exposed


@workflow.defn(name=CALENDAR_WATCH.workflow)
class CalendarWatchWorkflow(Exposed):
    """Ends with the notice of the next year, or with this year."""

    @workflow.run
    async def run(self, watch: WatchCalendar) -> YearStanding:
        """Look, tell the operator, and look again some working days later."""
        while True:
            standing = await self._look(watch)
            if standing.notice:
                return standing
            await self._remind(Reminder(year=standing.year, on=local_date(now(watch.rehearsal))))
            if standing.next_at is None:
                return standing
            await self._sleep(standing.next_at, watch)

    async def _look(self, watch: WatchCalendar) -> YearStanding:
        standing = await workflow.execute_activity_method(
            CalendarActivities.next_year,
            YearQuestion(on=local_date(now(watch.rehearsal))),
            **outside("查看下一年的放假安排", ORDINARY),
        )
        known = standing.notice or "放假安排尚未录入"
        workflow.set_current_details(f"{standing.year} 年：{known}")
        return standing

    async def _remind(self, reminder: Reminder) -> None:
        try:
            await workflow.execute_activity_method(
                CalendarActivities.remind, reminder, **outside("提醒运维人员", ORDINARY)
            )
        except ActivityError:
            # The address is wrong: the next reminder finds it put right, or is refused as well.
            workflow.set_current_details(f"{reminder.year} 年：放假安排尚未录入，提醒邮件被拒")

    async def _sleep(self, at: datetime, watch: WatchCalendar) -> None:
        await workflow.sleep(
            until(at, watch.rehearsal), summary=f"等到 {at:%Y-%m-%d} 再看是否已录入"
        )
