"""The Application workflow: one case, from submission to its last owed file."""

from dataclasses import replace
from typing import ClassVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.register import RegisterActivities
from casework.domain.case.commands import (
    AcceptPassing,
    AskOpinion,
    Claim,
    Command,
    PassOn,
    Reassign,
    TakeBack,
    TransferJurisdiction,
)
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.letters import Effect, EffectKind, notice_of
from casework.domain.case.procedure import decide
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    APPLICATION_VERBS,
    Accept,
    Approve,
    CallArchive,
    Deliver,
    Extend,
    KeepApart,
    MovePolicy,
    OfferDeferral,
    PolicyMove,
    PreReview,
    RefuseDuplicate,
    RequestContact,
    Review,
    SuperiorDecision,
)
from casework.domain.kinds.application.events import SecondNoticeBlocked
from casework.domain.kinds.application.measures import put_off
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.application.same_person import MAY_HAVE_CHANGED, found, no_such_duplicate
from casework.domain.kinds.application.state import Application, ApplicationFacts, ApplicationStage
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.messages.cases import CreditQuestion, GiveWay, Outcome, Receipt, SamePersonQuestion
from casework.messages.temporal import RefusalError
from workflows.case import CaseWorkflow
from workflows.options import in_register
from workflows.outside import carry_out
from workflows.verbs import with_verbs

BESIDE_OTHERS = (PreReview, Accept, KeepApart, RefuseDuplicate)
"""Before these commands the case looks for other open cases of the same person."""

TOLD_ALREADY = "首次材料中已有的问题不得再次告知，已记红牌"
"""Why a second notice is refused."""


@workflow.defn(name="Application")
@with_verbs(KINDS[CaseKind.APPLICATION])
class ApplicationWorkflow(CaseWorkflow[Application]):
    """One application."""

    verbs = APPLICATION_VERBS
    look_first: ClassVar[tuple[type[Command], ...]] = (
        PreReview,
        Accept,
        CallArchive,
        Deliver,
        Extend,
        TransferJurisdiction,
        MovePolicy,
        TakeBack,
    )
    """These depend on what is in force today: measures, closed channels, suspended clocks."""
    hands_on: ClassVar[tuple[type[Command], ...]] = (
        Review,
        Approve,
        SuperiorDecision,
        Reassign,
        PassOn,
        AcceptPassing,
        AskOpinion,
    )
    look_for: ClassVar[tuple[type[Command], ...]] = (RequestContact,)
    """When a person is told of a measure, the measure applies to the case, if it covers it."""

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
        if isinstance(command, RefuseDuplicate):
            return await self._give_way(command)
        barred = await self._is_barred() if isinstance(command, OfferDeferral) else False
        await self._come_up_to(command)
        if isinstance(command, Claim):
            command = await self._as_claimed(command)
        if isinstance(command, MovePolicy):
            await self._settle()  # the register has the case with its present policy
        bodies = self._do(command, self._facts(command.actor, barred=barred))
        answer = self._answer(command, bodies)
        await self._settle()
        return answer

    def _answer(self, command: Command, bodies: tuple[EventBody, ...]) -> Receipt:
        if isinstance(command, PreReview) and isinstance(bodies[0], SecondNoticeBlocked):
            return self._blocked()
        return super()._answer(command, bodies)

    def _adopt(self, command: Command, bodies: tuple[EventBody, ...]) -> None:
        super()._adopt(command, bodies)
        if bodies and isinstance(command, PolicyMove) and command.item is not None:
            self._start = replace(self._start, item=command.item)
            self._recorder.policy = command.item

    def _blocked(self) -> Receipt:
        case = self.case
        return Receipt(
            case_no=case.case_no,
            seq=case.seq,
            stage=case.stage,
            at=self._now(),
            refused="SECOND_NOTICE",
            reason=TOLD_ALREADY,
        )

    async def _is_barred(self) -> bool:
        return await workflow.execute_local_activity_method(
            RegisterActivities.barred,
            CreditQuestion(subject=self._start.subject),
            **in_register("查询容缺信用记录"),
        )

    # --- the same person twice -----------------------------------------------------------

    async def _once_opened(self) -> None:
        if self._start.resumed is None:
            await self._look_for_others()

    async def _come_up_to(self, command: Command) -> None:
        await super()._come_up_to(command)
        if isinstance(command, BESIDE_OTHERS):
            await self._look_for_others()
            await self._let_time_pass()

    async def _look_for_others(self) -> None:
        """Record which other cases of the same person are open, in the register, too.

        This is done only when the case itself is recorded, so that of two cases opened at the same
        time the later one finds the other.
        """
        if not self.case.by_date:
            return
        answer = await workflow.execute_local_activity_method(
            RegisterActivities.same_person,
            SamePersonQuestion(case_no=self.case.case_no, items=(self.case.item,)),
            **in_register("查找同一人同一事项的其他办件"),
        )
        noted = found(self.case, answer.others)
        for body in noted:
            self._apply(body, CLOCKWORK)
        if noted:
            await self._settle()

    async def _give_way(self, command: RefuseDuplicate) -> Receipt:
        """Refuse the case for another one, unless that one has just been refused for this one."""
        await self._come_up_to(command)
        self._require(command)
        if not await self._set_way(command.other):
            await self._look_for_others()
            raise RefusalError.of(no_such_duplicate())
        await self._let_time_pass()
        try:
            bodies = self._do(command, self._facts(command.actor))
        except ApplicationError:  # something else has happened meanwhile
            await self._set_way("")
            raise
        answer = self._answer(command, bodies)
        await self._settle()
        return answer

    def _require(self, command: Command) -> None:
        try:
            decide(self.case, command, self._facts(command.actor))
        except DomainError as error:
            raise RefusalError.of(error) from error

    async def _set_way(self, other: str) -> bool:
        return await workflow.execute_local_activity_method(
            RegisterActivities.give_way,
            GiveWay(case_no=self.case.case_no, other=other, items=(self.case.item,)),
            **in_register("登记让与另一件" if other else "撤销让与登记"),
        )

    async def _fulfil(self, effect: Effect, event: Event) -> None:
        reference = await carry_out(effect, self.case, self._routing(effect), self._priority())
        if effect.kind is EffectKind.DISPATCH:
            fields = {"tracking_number": reference}
            await self._carry_out(notice_of(event, self.case, "dispatched", fields), event)

    def _facts(self, actor: Actor, *, barred: bool = False) -> ApplicationFacts:
        return ApplicationFacts(
            at=self._now(),
            actor=actor,
            item=self._start.item,
            calendar=self._known.calendar,
            barred=barred,
            measures=self._known.measures,
        )

    def _brought(self) -> EventBody | None:
        return put_off(self.case, self._facts(CLOCKWORK))

    def _may_be_over(self, command: Command, refused: DomainError) -> bool:
        if super()._may_be_over(command, refused) or refused.code in MAY_HAVE_CHANGED:
            return True
        # A measure may have put the paper off meanwhile.
        waits = self.case.by_date and self.case.stage is ApplicationStage.AWAIT_PAPER
        return waits and isinstance(command, Accept)

    def _arms_when_resumed(self) -> bool:
        # Older runs slept until the next message; they must replay unchanged.
        return workflow.patched("armed-when-resumed")
