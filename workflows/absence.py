"""The Absence workflow: from its first day on, the B角 has the officer's tasks."""

from contextlib import suppress
from datetime import date, datetime

from temporalio import workflow

from activities.absences import AbsenceActivities
from casework.domain.time.calendar import ONE_DAY, opening
from casework.messages.absences import (
    WORKFLOW,
    AbsenceEnded,
    AbsenceNoted,
    EndAbsence,
    RecordAbsence,
    RouseHolders,
    StartAbsence,
)
from casework.messages.temporal import RefusalError
from casework.temporal import LastDay, Number
from workflows.options import in_register, now, one_by_one, until
from workflows.verbs import BegunByOne

OPENS = "00:00"
"""An absence begins and ends at midnight, before any office opens."""


@workflow.defn(name=WORKFLOW)
class AbsenceWorkflow(BegunByOne):
    """Ends with the last day of the absence."""

    @workflow.init
    def __init__(self, start: StartAbsence) -> None:
        self._start = start
        self._last_on = start.last_on
        self._recorded = False

    @workflow.run
    async def run(self, start: StartAbsence) -> LastDay:
        """Record it, wait for the first day, tell the cases; return the last day."""
        await self._record()
        await self._sleep_until(start.first_on)
        if self._last_on >= start.first_on:
            await workflow.execute_activity_method(
                AbsenceActivities.rouse,
                RouseHolders(id=start.id, officer=start.officer),
                **one_by_one("通知有待办的办件转交"),
            )
        await self._sleep_until(self._last_on + ONE_DAY)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return LastDay.of(self._last_on)

    @workflow.update(name="record", description="登记缺岗（重复登记得到同一结果）")
    async def record(self, absence: RecordAbsence) -> Number:
        """Answer once it is in the register."""
        del absence
        await workflow.wait_condition(lambda: self._recorded)
        return Number(self._start.id)

    @record.validator
    def _can_record(self, absence: RecordAbsence) -> None:
        start = self._start
        own = RecordAbsence(officer=start.officer, first_on=start.first_on, last_on=start.last_on)
        if absence != own:
            raise RefusalError("KEY_REUSED", "此 Idempotency-Key 已用于内容不同的操作，请换一个")

    @workflow.update(name="end", description="提前返岗")
    async def end(self, message: EndAbsence) -> LastDay:
        """Answer once the register has the new last day."""
        ended = AbsenceEnded(id=self._start.id, ended_on=message.ended_on)
        await workflow.execute_local_activity_method(
            AbsenceActivities.end, ended, **in_register("登记返岗")
        )
        self._last_on = min(self._last_on, message.ended_on - ONE_DAY)
        self._show()
        return LastDay.of(self._last_on)

    @end.validator
    def _can_end(self, message: EndAbsence) -> None:
        if not self._start.first_on <= message.ended_on <= self._last_on:
            raise RefusalError(
                "ABSENCE_DATES",
                f"返岗日须在 {self._start.first_on} 与 {self._last_on} 之间",
                "ended_on",
            )

    async def _record(self) -> None:
        start = self._start
        noted = AbsenceNoted(
            id=start.id,
            officer=start.officer,
            first_on=start.first_on,
            last_on=start.last_on,
            reason=start.reason,
            recorded_by=start.recorded_by.code,
            at=self._now(),
        )
        await workflow.execute_local_activity_method(
            AbsenceActivities.record, noted, **in_register("登记缺岗")
        )
        self._recorded = True
        self._show()

    def _show(self) -> None:
        start = self._start
        workflow.set_current_details(
            f"{start.officer} 缺岗：{start.first_on} 至 {self._last_on}（{start.reason}）"
        )

    async def _sleep_until(self, day: date) -> None:
        """Sleep until that day begins, or the absence has ended early."""
        last_on = self._last_on
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._last_on < last_on,
                timeout=until(opening(day, OPENS), self._start.rehearsal),
                timeout_summary=f"等到 {day}",
            )

    def _now(self) -> datetime:
        return now(self._start.rehearsal)
