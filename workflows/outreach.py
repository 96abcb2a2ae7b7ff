"""The Outreach workflow: it makes the list of people to tell one by one, and asks their cases.

Each contact is part of its case (``casework.domain.kinds.application.contacts``). The list, the
cases asked and the results are in the register, so this history grows with the days, not with the
people.
"""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.outreach import OutreachActivities
from casework.messages.outreach import (
    ROUNDS_A_RUN,
    WORKFLOW,
    Begin,
    OpenOutreach,
    Progress,
    Round,
    Standing,
    StartOutreach,
    details,
)
from casework.messages.temporal import RefusalError
from casework.temporal import Number
from workflows.options import for_many, now, one_by_one, until
from workflows.verbs import BegunByOne


@workflow.defn(name=WORKFLOW)
class OutreachWorkflow(BegunByOne):
    """One outreach. Ends when what it is about is over and every result has been passed on."""

    @workflow.init
    def __init__(self, start: StartOutreach) -> None:
        self._start = start
        self._opened = False
        self._trouble: RefusalError | None = None
        self._rounds = 0
        self._progress = Progress()

    @workflow.run
    async def run(self, start: StartOutreach) -> Progress:
        """Make a round now, and another at the start of business of each working day.

        If it is cancelled, it asks no further case; people whose case was asked are still told.
        """
        if not await self._open():
            return self._progress
        try:
            return await self._make_rounds(start)
        except (asyncio.CancelledError, ActivityError) as error:
            if not is_cancelled_exception(error):
                raise
            await workflow.execute_activity_method(
                OutreachActivities.end, self._round(), **for_many("取消：不再查新增的人")
            )
            raise

    async def _make_rounds(self, start: StartOutreach) -> Progress:
        while True:
            standing = await self._make_round()
            if standing.is_over:
                await workflow.wait_condition(workflow.all_handlers_finished)
                return standing.progress
            await self._sleep(standing)
            if self._has_run_long_enough():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(start)

    # --- messages ------------------------------------------------------------------------

    @workflow.update(name="begin", description="开始主动告知（重复开始得到同一次告知）")
    async def begin(self, begin: Begin) -> Number:
        """Answer with the id when the outreach is in the register."""
        del begin
        await workflow.wait_condition(lambda: self._opened or self._trouble is not None)
        if self._trouble is not None:
            raise self._trouble
        return Number(self._start.id)

    @begin.validator
    def _can_begin(self, begin: Begin) -> None:
        if begin.text != self._start.text:
            raise RefusalError("CONTENT_DIFFERS", "同一次主动告知的内容不能不同")

    @workflow.query(name="progress", description="告知进度（上一轮名单时）")
    def progress(self) -> Progress:
        """Return the progress as of the last round."""
        return self._progress

    # --- what happens --------------------------------------------------------------------

    async def _open(self) -> bool:
        wanted = OpenOutreach(start=self._start, at=self._round().at)
        try:
            await workflow.execute_activity_method(
                OutreachActivities.open, wanted, **for_many("登记主动告知")
            )
        except ActivityError as error:
            cause = error.cause
            if not isinstance(cause, ApplicationError):
                raise
            field = str(cause.details[0]) if cause.details else ""
            self._trouble = RefusalError(cause.type or "FAILED", cause.message, field)
            workflow.set_current_details(f"不能开始：{cause.message}")
            await workflow.wait_condition(workflow.all_handlers_finished)
            return False
        self._opened = True
        self._show(None)
        return True

    async def _make_round(self) -> Standing:
        this = self._round()
        await workflow.execute_activity_method(
            OutreachActivities.make_list, this, **for_many("编制告知名单")
        )
        left = True
        while left:
            asked = await workflow.execute_activity_method(
                OutreachActivities.ask, this, **one_by_one("把名单交给各办件")
            )
            left = asked.left
        await workflow.execute_activity_method(
            OutreachActivities.share, this, **one_by_one("同步同一人其他办件的结果")
        )
        standing = await workflow.execute_activity_method(
            OutreachActivities.stand, this, **for_many("查看告知进度")
        )
        self._rounds += 1
        self._show(standing)
        return standing

    async def _sleep(self, standing: Standing) -> None:
        await workflow.sleep(
            until(standing.next_at, self._start.rehearsal),
            summary=f"等到 {standing.next_at:%Y-%m-%d %H:%M} 再查新增的人",
        )

    def _has_run_long_enough(self) -> bool:
        return self._rounds >= ROUNDS_A_RUN or workflow.info().is_continue_as_new_suggested()

    def _round(self) -> Round:
        return Round(outreach=self._start.id, at=now(self._start.rehearsal))

    def _show(self, standing: Standing | None) -> None:
        if standing is not None:
            self._progress = standing.progress
        workflow.set_current_details(details(self._start, standing))
