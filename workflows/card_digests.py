"""The CardDigests workflow, and one for each district: officers are told of cards."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

from activities.cards import CardActivities
from casework.domain.time.calendar import ZONE, local_date
from casework.domain.time.counting import ONE_DAY
from casework.messages.schedules import (
    CARD_DIGESTS,
    CARD_DIGESTS_OF_DISTRICT,
    DistrictTold,
    OfficerTold,
    People,
    PlanDigests,
    ReportRefused,
    SendDigests,
    TellDistrict,
    TellOfficer,
    WhoIsTold,
    district_workflow_id,
)
from workflows.clock import now, until
from workflows.options import ORDINARY, for_many, outside, outside_within
from workflows.verbs import Exposed

LEAST = timedelta(hours=1)
"""So long a digest is tried, however late in the day it was asked for."""


@workflow.defn(name=CARD_DIGESTS.workflow)
class CardDigestsWorkflow(Exposed):
    """Ends when each district that works today has been told; a rest day has no digests."""

    @workflow.run
    async def run(self, wanted: SendDigests) -> list[DistrictTold]:
        """Begin the run of each district, wait for all, return what they came to."""
        plan = PlanDigests(day=local_date(now(wanted.rehearsal)))
        districts = await workflow.execute_activity_method(
            CardActivities.plan, plan, **for_many("列出今天上班的各区")
        )
        begun = [await self._begin(district, wanted) for district in districts]
        return [await handle for handle in begun if handle is not None]

    async def _begin(
        self, district: TellDistrict, wanted: SendDigests
    ) -> ChildWorkflowHandle[Any, DistrictTold] | None:
        told = TellDistrict(**(vars(district) | {"rehearsal": wanted.rehearsal}))
        try:
            return await workflow.start_child_workflow(
                CARD_DIGESTS_OF_DISTRICT,
                told,
                id=district_workflow_id(district.district, district.day),
                result_type=DistrictTold,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=f"督办提醒　{district.district or '上级'}　{district.day}",
            )
        except WorkflowAlreadyStartedError:
            return None  # today's is still at it


@workflow.defn(name=CARD_DIGESTS_OF_DISTRICT)
class CardDigestsOfDistrictWorkflow(Exposed):
    """Ends when every officer of the district with something new has a digest, or was refused."""

    @workflow.run
    async def run(self, wanted: TellDistrict) -> DistrictTold:
        """Wait for start of business, tell page after page, report who could not be told."""
        await workflow.sleep(until(wanted.opens_at, wanted.rehearsal), summary="等到上班时间")
        after, sent, refused = wanted.after, wanted.sent, wanted.refused
        while True:
            page = await self._people(wanted, after)
            told = await asyncio.gather(*(self._tell(code, wanted) for code in page.officers))
            sent += _count(told, "sent")
            refused += _count(told, "refused")
            workflow.set_current_details(f"已发送 {sent} 份，未能送达 {refused} 份")
            if not (after := page.next):
                break
            if workflow.info().is_continue_as_new_suggested():
                so_far = {"after": after, "sent": sent, "refused": refused}
                workflow.continue_as_new(TellDistrict(**(vars(wanted) | so_far)))
        if refused:
            await self._report(wanted)
        return DistrictTold(district=wanted.district, sent=sent, refused=refused)

    async def _people(self, wanted: TellDistrict, after: str) -> People:
        question = WhoIsTold(district=wanted.district, day=wanted.day, after=after)
        return await workflow.execute_activity_method(
            CardActivities.people, question, **for_many("查有新牌的人员")
        )

    async def _tell(self, code: str, wanted: TellDistrict) -> OfficerTold:
        one = TellOfficer(officer=code, district=wanted.district, day=wanted.day)
        left = max(_end_of(wanted) - now(wanted.rehearsal), LEAST)
        try:
            return await workflow.execute_activity_method(
                CardActivities.tell, one, **outside_within(left, f"提醒 {code}", ORDINARY)
            )
        except ActivityError:  # the day is over: tomorrow's digest announces these cards
            return await workflow.execute_activity_method(
                CardActivities.give_up, one, **for_many(f"登记 {code} 未能送达")
            )

    async def _report(self, wanted: TellDistrict) -> None:
        report = ReportRefused(district=wanted.district, day=wanted.day)
        try:
            await workflow.execute_activity_method(
                CardActivities.report_refused, report, **outside("告知运维人员", ORDINARY)
            )
        except ActivityError:
            workflow.set_current_details("未能送达的名单也未能发给运维人员：邮件被拒")


def _end_of(wanted: TellDistrict) -> datetime:
    return datetime.combine(wanted.day + ONE_DAY, time(), tzinfo=ZONE)


def _count(told: Sequence[OfficerTold], status: str) -> int:
    return sum(one.status == status for one in told)
