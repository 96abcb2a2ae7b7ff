"""The ServiceCycle workflow: a talent's three years or a permit's year, and all that follow."""

from dataclasses import replace
from datetime import date

from temporalio import workflow

from activities.data_checks import CheckData, DataCheckActivities
from activities.talent_service import (
    CyclePolicyQuestion,
    NextCycle,
    PolicyActivities,
    RequestActivities,
    TellRequests,
)
from casework.domain.case.commands import Command
from casework.domain.case.events import Event
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.case.opening import Party, Route, StartCase
from casework.domain.kinds.cycle.commands import (
    CYCLE_VERBS,
    ChangeEmployer,
    DecideObjection,
    RenewPermit,
    Verify,
)
from casework.domain.kinds.cycle.events import DataChecked
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.cycle.state import Cycle, CycleFacts
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.messages.cases import EmployerChange, Outcome, Receipt
from casework.messages.temporal import ORDINARY
from workflows.case import CaseWorkflow
from workflows.options import in_register, outside
from workflows.verbs import with_verbs

SOURCES = ("social_insurance", "employment", "credit")
"""The systems that the verification asks (大数据等方式, DB50/T 1733—2024 §5.3)."""

MAY_RENEW = (Verify, DecideObjection, RenewPermit)
"""After these commands a new cycle may begin, under the policy of its first day."""


@workflow.defn(name="ServiceCycle")
@with_verbs(KINDS[CaseKind.TALENT_CYCLE])
class ServiceCycleWorkflow(CaseWorkflow[Cycle]):
    """One subject, one cycle after the other; each cycle is a run of its own."""

    verbs = CYCLE_VERBS
    _start: StartCycle

    @workflow.init
    def __init__(self, start: StartCycle) -> None:
        self._following: NextCycle | None = None
        super().__init__(start)
        self._number = self._case.number if self._case is not None else 0

    @workflow.run
    async def run(self, start: StartCycle) -> Outcome:
        """See the cycle through, and begin the next."""
        del start
        return await self._see_through()

    @workflow.update(name="change_employer", description=ChangeEmployer.label)
    async def change_employer(self, command: EmployerChange) -> Receipt:
        """Notices go to the new employer from now on."""
        return await self.handle(command)

    @change_employer.validator
    def _can_change_employer(self, command: EmployerChange) -> None:
        self.check(command)

    async def _come_up_to(self, command: Command) -> None:
        await super()._come_up_to(command)
        if isinstance(command, MAY_RENEW):
            begins_on = self.case.ends_on
            if isinstance(command, RenewPermit):  # late, the next year counts from the renewal
                begins_on = max(begins_on, command.renewed_on)
            self._following = await self._asked_for(begins_on)
            self._recorder.policy = self._following.policy

    async def _ask_before(self, fact: Command) -> None:
        # Told twice, the next year has its policy already.
        if (
            isinstance(fact, RenewPermit)
            and self.case.number == self._number
            and workflow.patched("2026-12-renewal-told-asks")
        ):
            self._following = await self._asked_for(max(self.case.ends_on, fact.renewed_on))
            self._recorder.policy = self._following.policy

    async def _asked_for(self, begins_on: date) -> NextCycle:
        question = CyclePolicyQuestion(
            kind=self.case.kind, district=self.case.district, on=begins_on
        )
        asking = in_register("查询下一周期的规定")
        if workflow.patched("2026-12-cycle-names-its-version"):
            return await workflow.execute_local_activity_method(
                PolicyActivities.next_cycle, question, **asking
            )
        policy = await workflow.execute_local_activity_method(
            PolicyActivities.cycle, question, **asking
        )
        return NextCycle(policy=policy, catalogue="")

    async def _fulfil(self, effect: Effect, event: Event) -> None:
        match effect.kind:
            case EffectKind.DATA_CHECK:
                await self._check_data(effect)
            case EffectKind.TELL_REQUESTS:
                await workflow.execute_activity_method(
                    RequestActivities.tell,
                    TellRequests(standing=self.case.standing),
                    **outside("告知人才的服务申请", ORDINARY),
                )
            case _:
                await super()._fulfil(effect, event)

    async def _check_data(self, effect: Effect) -> None:
        case = self.case
        question = CheckData(
            case_no=case.case_no, seq=effect.seq, employer=case.employer, sources=SOURCES
        )
        checks = await workflow.execute_activity_method(
            DataCheckActivities.check, question, **outside("向其他系统核实数据", ORDINARY)
        )
        if self.case.is_open:
            self._apply(DataChecked(checks=checks), CLOCKWORK)
            await self._settle()

    def _new_employer(self, command: Command) -> Party | None:
        if not isinstance(command, EmployerChange):
            return None
        party = command.party
        self._start = replace(self._start, employer_subject=command.subject)
        self._recorder.employer_subject = command.subject
        if party is not None:
            self._start = replace(
                self._start,
                routes=with_employer(self._start.routes, party),
                reachable=with_employer(self._start.reachable, party),
            )
        return party

    def _begins_anew(self) -> bool:
        return self.case.number != self._number or super()._begins_anew()

    def _facts(self, actor: Actor) -> CycleFacts:
        return CycleFacts(
            at=self._now(),
            actor=actor,
            item=self._start.item,
            calendar=self._known.calendar,
            following=self._following.policy if self._following else None,
            catalogue=self._following.catalogue if self._following else "",
        )

    def _resume(self) -> StartCase:
        start = super()._resume()
        renewed = self.case.number != self._number
        if renewed and self._following is not None:
            following = self._following
            return replace(
                start, item=following.policy, catalogue=following.catalogue or start.catalogue
            )
        return start


def with_employer(routes: tuple[Route, ...], party: Party) -> tuple[Route, ...]:
    """Return the routes of a case whose employer is now that party."""
    others = tuple(route for route in routes if route.recipient != "employer")
    channel = "mail" if party.email else "sms"
    return (*others, Route(recipient="employer", channel=channel))
