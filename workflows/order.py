"""The Order workflow: proposed by one person, approved by another, in force, known to every case.

``casework.domain.orders`` says what an order may contain and who may decide it;
``casework.store.in_force`` changes the register.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from activities.absences import AbsenceActivities
from activities.orders import OrderActivities
from activities.policy_moves import PolicyMoveActivities
from activities.publishing import PublishingActivities
from activities.rebalancing import RebalancingActivities
from casework.domain.authority import ordering_refusal
from casework.domain.errors import DomainError
from casework.domain.orders import (
    MoveToPolicy,
    PublishCatalogue,
    Rebalance,
    check_approval,
    check_rejection,
    cities_of_order,
    founded_by,
)
from casework.domain.staff import ChangeStaff
from casework.domain.time.calendar import ONE_DAY, local_date, opening
from casework.messages.absences import RouseHolders
from casework.messages.orders import (
    DECIDED_WITHIN,
    WORKFLOW,
    ApplyOrder,
    Approval,
    AskLeaving,
    Booking,
    CarriedOut,
    CarryOut,
    ForgetContact,
    OrderOutcome,
    OrderReceipt,
    OrderStatus,
    Proposal,
    Rejection,
    Rouse,
    StartOrder,
    details,
    headline,
    needs_nobody_else,
)
from casework.messages.outreach import StartOutreach, outreach_id
from casework.messages.temporal import RefusalError
from casework.policy.authority import load_authority
from casework.temporal import District
from workflows.options import for_many, in_register, now, one_by_one, until
from workflows.verbs import BegunByOne

_UNDECIDED = frozenset({OrderStatus.PROPOSED, OrderStatus.APPROVED})


@workflow.defn(name=WORKFLOW)
class OrderWorkflow(BegunByOne):
    """One order. Ends when every case whose timer would fire too late has been signalled.

    A change of staff ends when the cases of those who leave have been signalled.
    """

    @workflow.init
    def __init__(self, start: StartOrder) -> None:
        self._start = start
        self._receipt = start.resumed or OrderReceipt(
            no=start.order.no, status=OrderStatus.PROPOSED
        )
        self._booked = start.resumed is not None
        self._lapsed = False
        alone = start.approved and needs_nobody_else(start.order)
        own = Approval(actor=start.order.proposed_by)
        self._decision: Approval | Rejection | None = own if alone else None

    @workflow.run
    async def run(self, start: StartOrder) -> OrderOutcome:
        """See the order through; once decided, ignore cancelling, or cases would wake too late."""
        life = asyncio.create_task(self._live(start))
        while True:
            try:
                return await asyncio.shield(life)
            except asyncio.CancelledError:
                workflow.logger.warning("cancel_ignored", extra={"order": start.order.no})

    async def _live(self, start: StartOrder) -> OrderOutcome:
        if start.resumed is None:
            await self._propose()
            await self._decide()
            await self._tell_people()
        if self._receipt.status is OrderStatus.APPLIED:
            if isinstance(start.order.content, MoveToPolicy | Rebalance):
                await self._carry_out()
            elif isinstance(start.order.content, ChangeStaff):
                await self._hand_on()
            elif not isinstance(start.order.content, PublishCatalogue):  # no running case changes
                await self._rouse()
            await self._book(OrderStatus.DONE)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._outcome()

    # --- messages ------------------------------------------------------------------------

    @workflow.update(name="propose", description="提出指令（重复提出得到同一指令）")
    async def propose(self, proposal: Proposal) -> OrderOutcome:
        """Answer when the proposal is in the register, or in force if it needs no second person."""
        del proposal
        if self._decision is not None:
            return await self._in_force()
        await workflow.wait_condition(lambda: self._booked)
        return self._outcome()

    @propose.validator
    def _can_propose(self, proposal: Proposal) -> None:
        if proposal.content != self._start.order.content:
            raise RefusalError("KEY_REUSED", "此 Idempotency-Key 已用于内容不同的操作，请换一个")

    @workflow.update(name="approve", description="批准指令（须由提出人以外的人办理）")
    async def approve(self, approval: Approval) -> OrderOutcome:
        """Answer when the register shows the changes; fail with the code of a rule that refuses."""
        self._decision = approval
        return await self._in_force()

    @approve.validator
    def _can_approve(self, approval: Approval) -> None:
        self._check(approval)

    @workflow.update(name="reject", description="驳回指令")
    async def reject(self, rejection: Rejection) -> OrderOutcome:
        """Answer once the register has it."""
        self._decision = rejection
        await workflow.wait_condition(lambda: self._receipt.status not in _UNDECIDED)
        return self._outcome()

    @reject.validator
    def _can_reject(self, rejection: Rejection) -> None:
        if not rejection.reason.strip():
            raise RefusalError("FIELD_REQUIRED", "请填写驳回的理由", "reason")
        self._check(rejection)

    def _check(self, decision: Approval | Rejection) -> None:
        if self._decision is not None or self._lapsed or self._start.resumed is not None:
            raise RefusalError("ORDER_DECIDED", "指令已有决定，不能再决定")
        check = check_approval if isinstance(decision, Approval) else check_rejection
        try:
            check(self._start.order, decision.actor, self._start.district)
            self._require_city(decision)
        except DomainError as error:
            raise RefusalError.of(error) from error

    def _require_city(self, decision: Approval | Rejection) -> None:
        """Refuse the superior of another city; only called on arrival, never on replay."""
        start, matrix = self._start, load_authority(local_date(self._now()))
        cities = cities_of_order(start.order.content, start.district, start.cities)
        proposer = start.order.proposed_by if isinstance(decision, Approval) else None
        refused = ordering_refusal(
            matrix, decision.actor, cities, proposer, founds=founded_by(start.order.content)
        )
        if refused is not None:
            raise refused

    async def _in_force(self) -> OrderOutcome:
        await workflow.wait_condition(lambda: self._receipt.status not in _UNDECIDED)
        if self._receipt.refusal:
            raise RefusalError(self._receipt.refusal, self._receipt.reason)
        return self._outcome()

    def _outcome(self) -> OrderOutcome:
        return OrderOutcome.of(self._receipt)

    # --- what happens --------------------------------------------------------------------

    async def _propose(self) -> None:
        place = self._start.district or getattr(self._start.order.content, "district", "")
        if place:
            workflow.upsert_search_attributes([District.value_set(place)])
        await self._book(OrderStatus.PROPOSED)
        self._booked = True

    async def _decide(self) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._decision is not None,
                timeout=DECIDED_WITHIN,
                timeout_summary=f"{DECIDED_WITHIN.days} 天内未批准即失效",
            )
        match self._decision:
            case Approval() as approval:
                await self._apply(approval)
            case Rejection():
                await self._book(OrderStatus.REJECTED)
            case None:
                self._lapsed = True
                await self._book(OrderStatus.LAPSED)

    async def _apply(self, approval: Approval) -> None:
        wanted = ApplyOrder(order=self._start.order, approved_by=approval.actor, at=self._now())
        await self._book(OrderStatus.APPROVED)
        try:
            receipt = await self._put_in_force(wanted)
        except ActivityError as error:
            cause = error.cause
            if not isinstance(cause, ApplicationError):
                raise
            refused = replace(self._receipt, refusal=cause.type or "FAILED", reason=cause.message)
            await self._book(OrderStatus.REFUSED, refused)
        else:
            booked = self._receipt
            self._show(replace(receipt, reason=booked.reason, decided_by=booked.decided_by))

    async def _put_in_force(self, wanted: ApplyOrder) -> OrderReceipt:
        if isinstance(wanted.order.content, MoveToPolicy):
            return await workflow.execute_activity_method(
                PolicyMoveActivities.apply, wanted, **for_many("确定政策和涉及的办件")
            )
        if isinstance(wanted.order.content, PublishCatalogue):
            return await workflow.execute_activity_method(
                PublishingActivities.publish, wanted, **for_many("核对并发布目录版本")
            )
        if isinstance(wanted.order.content, Rebalance):
            return await workflow.execute_activity_method(
                RebalancingActivities.apply, wanted, **for_many("确定转交哪些办件给何人")
            )
        return await workflow.execute_activity_method(
            OrderActivities.apply, wanted, **for_many("使指令生效")
        )

    async def _tell_people(self) -> None:
        """Start the outreach, a workflow of its own, if the order has a text for people."""
        content = self._start.order.content
        text = getattr(content, "outreach", "")
        if self._receipt.status is not OrderStatus.APPLIED or not text:
            return
        no = self._start.order.no
        start = StartOutreach(
            id=no,
            about=self._receipt.about,
            kind="suspension" if content.kind == "open_suspension" else "measure",
            text=text,
            rehearsal=self._start.rehearsal,
            started_by=self._start.order.proposed_by.code,
        )
        try:
            await workflow.start_child_workflow(
                "Outreach",
                start,
                id=outreach_id(no),
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=headline(content),
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("outreach_runs_already", extra={"order": no})

    async def _rouse(self) -> None:
        left = True
        while left:
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(replace(self._start, resumed=self._receipt))
            roused = await workflow.execute_activity_method(
                OrderActivities.rouse,
                Rouse(order_no=self._start.order.no),
                **one_by_one("通知定时过晚的办件复查"),
            )
            self._show(replace(self._receipt, roused=roused.told))
            left = roused.left

    async def _hand_on(self) -> None:
        """When somebody's last day is over, have their cases look: who stands in takes over."""
        no = self._start.order.no
        leaving = await workflow.execute_activity_method(
            OrderActivities.leaving, AskLeaving(order_no=no), **for_many("查明何人离岗")
        )
        for each in leaving.people:
            over = opening(each.last_on + ONE_DAY, "00:00")
            while (left := until(over, self._start.rehearsal)) > timedelta():
                await workflow.sleep(left, summary=f"等到 {each.last_on} 之后")
            told = await workflow.execute_activity_method(
                AbsenceActivities.rouse,
                RouseHolders(id=no, officer=each.person),
                **one_by_one("通知有待办的办件转交"),
            )
            self._show(replace(self._receipt, roused=self._receipt.roused + told))
            if workflow.patched("2026-12-contact-erased"):
                await workflow.execute_activity_method(
                    OrderActivities.forget_contact,
                    ForgetContact(order_no=no, leave=each),
                    **for_many("删除离岗人员的联系方式"),
                )

    async def _carry_out(self) -> None:
        left = True
        while left:
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                resumed = replace(self._start, resumed=self._receipt, approval=self._approval())
                workflow.continue_as_new(resumed)
            carried = await self._carry_on()
            cases = self._receipt.cases if carried.cases is None else carried.cases
            self._show(replace(self._receipt, done=carried.done, cases=cases))
            left = carried.left

    async def _carry_on(self) -> CarriedOut:
        wanted = CarryOut(
            order=self._start.order, approved_by=self._approval().actor, at=self._now()
        )
        if isinstance(self._start.order.content, Rebalance):
            return await workflow.execute_activity_method(
                RebalancingActivities.carry_out, wanted, **one_by_one("逐件转交")
            )
        return await workflow.execute_activity_method(
            PolicyMoveActivities.carry_out, wanted, **one_by_one("逐件改用新政策")
        )

    def _approval(self) -> Approval:
        approval = self._start.approval or self._decision
        if not isinstance(approval, Approval):
            raise TypeError("nobody has approved the order")
        return approval

    async def _book(self, status: OrderStatus, receipt: OrderReceipt | None = None) -> None:
        """Write the step into the register, and only then show it."""
        receipt = replace(receipt or self._receipt, status=status)
        if self._decision is not None:
            by, reason = self._decision.actor.code, self._decision.reason
            receipt = replace(receipt, decided_by=by, reason=receipt.reason or reason)
        booking = Booking(
            order=self._start.order,
            district=self._start.district,
            status=status,
            at=self._now(),
            by=receipt.decided_by,
            reason=receipt.reason,
            refusal=receipt.refusal,
            roused=receipt.roused if status is OrderStatus.DONE else None,
        )
        await workflow.execute_local_activity_method(
            OrderActivities.book, booking, **in_register(f"登记指令：{status.label}")
        )
        self._show(receipt)

    def _show(self, receipt: OrderReceipt) -> None:
        self._receipt = receipt
        workflow.set_current_details(details(self._start.order, receipt))

    def _now(self) -> datetime:
        return now(self._start.rehearsal)
