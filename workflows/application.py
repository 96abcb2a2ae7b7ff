"""The Application workflow: one case, from submission to its last owed file."""

from datetime import datetime
from typing import ClassVar

from temporalio import workflow

from activities.register import RegisterActivities
from casework.domain.case import Case
from casework.domain.commands import (
    VERBS,
    Accept,
    Approve,
    CallArchive,
    Command,
    Deliver,
    Extend,
    OfferDeferral,
    PreReview,
    Review,
    SuperiorDecision,
    TransferJurisdiction,
)
from casework.domain.effects import Effect, EffectKind, notice_of
from casework.domain.events import Event, EventBody, SecondNoticeBlocked
from casework.domain.facts import Actor, Facts
from casework.domain.intake import submitted
from casework.domain.kinds import KINDS, CaseKind
from casework.messages import CreditQuestion, Outcome, Receipt, StartApplication
from workflows.case import CaseWorkflow
from workflows.options import in_register
from workflows.outside import carry_out
from workflows.verbs import with_verbs


@workflow.defn(name="Application")
@with_verbs(KINDS[CaseKind.APPLICATION])
class ApplicationWorkflow(CaseWorkflow[Case]):
    """One application."""

    verbs = VERBS
    look_first: ClassVar[tuple[type[Command], ...]] = (
        PreReview,
        Accept,
        CallArchive,
        Deliver,
        Extend,
        TransferJurisdiction,
    )
    """What is in force today decides on these: measures, closed channels, suspended clocks."""
    hands_on: ClassVar[tuple[type[Command], ...]] = (Review, Approve, SuperiorDecision)

    _start: StartApplication

    @workflow.init
    def __init__(self, start: StartApplication) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartApplication) -> Outcome:
        """See the application through."""
        del start
        return await self._see_through()

    async def handle(self, command: Command) -> Receipt:
        """Apply a command; return when what followed is in the register."""
        barred = await self._is_barred() if isinstance(command, OfferDeferral) else False
        await self._come_up_to(command)
        bodies = self._do(command, self._facts(command.actor, barred=barred))
        await self._settle()
        if isinstance(command, PreReview) and isinstance(bodies[0], SecondNoticeBlocked):
            return self._blocked()
        return self._receipt()

    def _blocked(self) -> Receipt:
        case = self.case
        return Receipt(
            case_no=case.case_no,
            seq=case.seq,
            stage=case.stage,
            at=self._now(),
            refused="SECOND_NOTICE",
            reason="首次材料中已有的问题不得再次告知，已记红牌",
        )

    async def _is_barred(self) -> bool:
        return await workflow.execute_local_activity_method(
            RegisterActivities.barred,
            CreditQuestion(subject=self._start.subject),
            **in_register("查询容缺信用记录"),
        )

    async def _fulfil(self, effect: Effect, event: Event) -> None:
        routes = self._routes(effect)
        reference = await carry_out(effect, self.case, routes, self._priority())
        if effect.kind is EffectKind.DISPATCH:
            fields = {"tracking_number": reference}
            await self._carry_out(notice_of(event, self.case, "dispatched", fields), event)

    def _facts(self, actor: Actor, *, barred: bool = False) -> Facts:
        return Facts(
            at=self._now(),
            actor=actor,
            item=self._start.item,
            calendar=self._known.calendar,
            barred=barred,
            measures=self._known.measures,
        )

    def _arms_when_resumed(self) -> bool:
        # Runs of before slept until the next message; they must replay as they were.
        return workflow.patched("armed-when-resumed")

    def _resumed(self) -> Case | None:
        return self._start.resumed

    def _first(self, at: datetime) -> EventBody:
        start = self._start
        return submitted(
            case_no=start.case_no,
            item=start.item,
            calendar=start.calendar,
            office=start.office,
            channel=start.channel,
            claims=start.claims,
            posts=start.posts,
            materials=start.materials,
            received_at=start.received_at or at,
            entitled_on=start.entitled_on,
        )
