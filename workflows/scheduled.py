"""The workflows that schedules start: digests, the watch for a calendar, rounds of visits."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

from activities.absences import AbsenceActivities
from activities.calendar import CalendarActivities
from activities.cards import CardActivities
from activities.register import RegisterActivities
from activities.reports import ReportActivities
from activities.security import AuditActivities
from activities.talent_service import VisitActivities
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.kinds.round.opening import StartRound
from casework.domain.reports import reported_on
from casework.domain.time.calendar import ONE_DAY, ZONE, local_date
from casework.messages.absences import TellRelations
from casework.messages.schedules import (
    AUDIT_DIGESTS,
    CALENDAR_WATCH,
    CARD_DIGESTS,
    CARD_DIGESTS_OF_DISTRICT,
    RELATIONS,
    REPORTS,
    VISIT_ROUNDS,
    VISITOR_ERASURE,
    BeginRounds,
    DigestMade,
    DistrictDay,
    DistrictTold,
    EraseVisitors,
    MakeDigests,
    OfficerTold,
    People,
    PlanDigests,
    PlanRounds,
    Reminder,
    ReportRefused,
    ReportTaken,
    SendDigests,
    TakeReport,
    TakeReports,
    TellDistrict,
    TellOfficer,
    VisitorsKept,
    WatchCalendar,
    WhoIsTold,
    YearQuestion,
    YearStanding,
    district_workflow_id,
)
from casework.messages.temporal import ORDINARY
from workflows.options import for_many, now, one_by_one, outside, outside_within, until
from workflows.verbs import Exposed

# --- the digest of the audit chain ---------------------------------------------------------
# after midnight, the signed digest of each district's day.


_PLANNED_FOR = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn(name=AUDIT_DIGESTS.workflow)
class AuditDigestWorkflow(Exposed):
    """Ends when each district has its digest; another run for the same day changes nothing."""

    @workflow.run
    async def run(self, wanted: MakeDigests) -> list[DigestMade]:
        """Make the digests one after the other; return what each contains."""
        now = workflow.now()
        # A late run is for the day for which it was planned.
        planned = workflow.info().typed_search_attributes.get(_PLANNED_FOR, now)
        day = wanted.day or local_date(planned) - timedelta(days=1)
        districts = await workflow.execute_activity_method(
            AuditActivities.districts, **for_many("列出各区")
        )
        return [
            await workflow.execute_activity_method(
                AuditActivities.digest,
                DistrictDay(district=district, day=day, made_at=now),
                **for_many(f"{district} {day} 审计摘要"),
            )
            for district in districts
        ]


# --- visitors ------------------------------------------------------------------------------
# The VisitorErasure workflow: whose data have been kept long enough.


@workflow.defn(name=VISITOR_ERASURE.workflow)
class VisitorErasureWorkflow(Exposed):
    """Ends when nobody is left whose data need not be kept; another run the same day finds none."""

    @workflow.run
    async def run(self, wanted: VisitorsKept) -> int:
        """Erase them, some at a time; return how many."""
        asked = EraseVisitors(on=wanted.day or local_date(workflow.now()), at=workflow.now())
        erased = 0
        while True:
            more = await workflow.execute_activity_method(
                RegisterActivities.erase_visitors, asked, **for_many("删除期满的来访登记信息")
            )
            if not more:
                return erased
            erased += more


# --- the calendar --------------------------------------------------------------------------
# each December, until the notice of the next year is imported.


@workflow.defn(name=CALENDAR_WATCH.workflow)
class CalendarWatchWorkflow(Exposed):
    """Ends with the notice of the next year, or with this year."""

    @workflow.run
    async def run(self, watch: WatchCalendar) -> YearStanding:
        """Check, write to the operator, and check again some working days later."""
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
            # The address is wrong; the next reminder tries it again.
            workflow.set_current_details(f"{reminder.year} 年：放假安排尚未录入，提醒邮件被拒")

    async def _sleep(self, at: datetime, watch: WatchCalendar) -> None:
        await workflow.sleep(
            until(at, watch.rehearsal), summary=f"等到 {at:%Y-%m-%d} 再看是否已录入"
        )


# --- cards ---------------------------------------------------------------------------------
# The CardDigests workflow, and one for each district: officers are told of cards.


LEAST = timedelta(hours=1)
"""How long a digest is tried at least, however late in the day it was requested."""


@workflow.defn(name=CARD_DIGESTS.workflow)
class CardDigestsWorkflow(Exposed):
    """Ends when each district that works today has been told; a rest day has no digests."""

    @workflow.run
    async def run(self, wanted: SendDigests) -> list[DistrictTold]:
        """Start the run of each district, wait for all, return their results."""
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


# --- reports -------------------------------------------------------------------------------
# The Reports workflow: each morning, so that the report of a past period never changes.


@workflow.defn(name=REPORTS.workflow)
class ReportsWorkflow(Exposed):
    """Ends when the reports of the day are taken down; another run changes no final one."""

    @workflow.run
    async def run(self, wanted: TakeReports) -> list[ReportTaken]:
        """Take down one report after the other; return which were."""
        at = workflow.now()
        # A late run is for the day for which it was planned.
        planned = workflow.info().typed_search_attributes.get(_PLANNED_FOR, at)
        day = wanted.day or local_date(planned) - ONE_DAY
        return [
            await workflow.execute_activity_method(
                ReportActivities.take,
                TakeReport(period=period.name, at=at),
                **for_many(f"{period.label} 统计报表"),
            )
            for period in reported_on(day)
        ]


# --- relations -----------------------------------------------------------------------------
# Of a relation declared while Temporal was away, the cases are told by the next run.


@workflow.defn(name=RELATIONS.workflow)
class RelationsWorkflow(Exposed):
    """Ends when the cases of every relation declared so far have been told to look."""

    @workflow.run
    async def run(self, wanted: TellRelations) -> int:
        """Return how many cases were told."""
        return await workflow.execute_activity_method(
            AbsenceActivities.tell_relations, wanted, **one_by_one("告知办件回避申报")
        )


# --- rounds of visits ----------------------------------------------------------------------
# The VisitRounds workflow: at the beginning of a quarter it begins the round of each platform.


@workflow.defn(name=VISIT_ROUNDS.workflow)
class VisitRoundsWorkflow(Exposed):
    """Ends when each platform has its round; a platform that has one keeps it."""

    @workflow.run
    async def run(self, wanted: BeginRounds) -> int:
        """Begin the rounds of the current quarter; return how many are new."""
        plan = PlanRounds(at=now(wanted.rehearsal), rehearsal=wanted.rehearsal)
        starts = await workflow.execute_activity_method(
            VisitActivities.plan, plan, **for_many("列出各平台本季度的抽样回访")
        )
        return sum([await self._begin(start) for start in starts])

    async def _begin(self, start: StartRound) -> bool:
        try:
            await workflow.start_child_workflow(
                KINDS[CaseKind.VISITS].workflow,
                start,
                id=workflow_id(CaseKind.VISITS, start.case_no),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=f"{start.item.name}　{start.office}　{start.quarter}",
            )
        except WorkflowAlreadyStartedError:
            return False
        return True
