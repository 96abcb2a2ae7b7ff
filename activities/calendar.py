"""Watches for next year's calendar, and writes to the operator while it is missing."""

from dataclasses import dataclass
from datetime import date, datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.domain.time.calendar import WorkingCalendar, opening
from casework.messages.schedules import (
    REMINDED_AT,
    REMINDED_EVERY,
    Reminder,
    YearQuestion,
    YearStanding,
)
from casework.outside import Letter, MailSender, RefusedError
from casework.store.engine import Sessions
from casework.store.in_force import read_calendar

_SUBJECT = "工作日历：{year} 年放假安排尚未录入"
_TEXT = """\
{year} 年的放假安排尚未录入系统，涉及 {year} 年的届满日目前都是暂定的。

国务院办公厅的通知发布后，请按 catalogue/calendars 中各年文件的格式录入：

    casework calendar import {year}.yaml            先看哪些期限会移动
    casework calendar import {year}.yaml --apply    再使之生效

录入以前，本提醒每五个工作日发送一次。
"""


@dataclass(frozen=True)
class CalendarActivities:
    """Needs the register and a way to the ``operator``'s mailbox."""

    sessions: Sessions
    mail: MailSender
    operator: str

    @activity.defn(name="calendar.next_year")
    async def next_year(self, question: YearQuestion) -> YearStanding:
        """Return whether the year after that day is in the calendar in force for everybody."""
        async with self.sessions() as session:
            calendar, _ = await read_calendar(session, "")
        year = question.on.year + 1
        found = next((each for each in calendar.years if each.year == year), None)
        return YearStanding(
            year=year,
            notice="" if found is None or found.provisional else found.notice,
            next_at=_next_at(calendar, question.on),
        )

    @activity.defn(name="calendar.remind")
    async def remind(self, reminder: Reminder) -> None:
        """Write to the operator, at most once a day, however often it is tried.

        An address that is refused for good fails as ``ReminderRefused``.
        """
        letter = Letter(
            key=f"calendar-watch:{reminder.year}:{reminder.on}",
            to=self.operator,
            subject=_SUBJECT.format(year=reminder.year),
            text=_TEXT.format(year=reminder.year),
            written_at=activity.info().scheduled_time,
        )
        try:
            await self.mail.send(letter)
        except RefusedError as refusal:
            raise ApplicationError(
                f"reminder refused: {refusal.problem}", type="ReminderRefused", non_retryable=True
            ) from None


def _next_at(calendar: WorkingCalendar, on: date) -> datetime | None:
    if calendar.count(on, date(on.year, 12, 31)) < REMINDED_EVERY:
        return None
    return opening(calendar.shift(on, REMINDED_EVERY), REMINDED_AT)
