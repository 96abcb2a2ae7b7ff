"""Rebalances open work: fixes what an approved order hands to whom, then tells each case."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.telling import batch_by_batch
from casework.domain.bounds import Text
from casework.domain.case.commands import OrderedReassign
from casework.domain.case.facts import ORDERS
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.orders import Rebalance
from casework.domain.policy import Role
from casework.domain.sharing import SharingRule
from casework.domain.time.calendar import local_date
from casework.messages.cases import Receipt
from casework.messages.orders import (
    ApplyOrder,
    CarriedOut,
    CarryOut,
    HandedOn,
    OrderReceipt,
    OrderStatus,
)
from casework.policy.publishing.versions import WholeCatalogue
from casework.policy.staffing import staff
from casework.store.engine import Sessions
from casework.store.in_force import rebalancing as register

BATCH = 20
"""How many cases are told at once, and how many at most are told again after a crash."""
MOST_AT_ONCE = 1_000
"""The most cases of one call; the workflow calls again for the others."""
ANSWERS_WITHIN = timedelta(seconds=15)
"""A case that does not answer within this time is skipped, and told again later."""
FULL = "TOO_MANY_OPEN"
LONGEST_REASON: int = get_args(Text)[1].most
_NOT_PROVED = "PROOF_"
"""Refusals that are our own fault, not those of a rule: they must be repaired, and tried again."""


@dataclass(frozen=True)
class RebalancingActivities:
    """Idempotent by order and case: a case that has followed an order answers so.

    ``on`` returns the catalogue in force on a day; ``per_second`` limits the load of the workers.
    """

    sessions: Sessions
    on: Callable[[date], WholeCatalogue]
    per_second: int = 100

    @activity.defn(name="rebalancing.apply")
    async def apply(self, wanted: ApplyOrder) -> OrderReceipt:
        """Fix what goes to whom in one transaction; a repeat gives the first answer.

        A refusal by the rules is final; its type is the rule's code.
        """
        content = _content(wanted)
        on = local_date(wanted.at)
        try:
            async with self.sessions.begin() as session:
                count = await register.fix_handings(
                    session, wanted.order, self._ground(content, on), wanted.approved_by, wanted.at
                )
        except DomainError as error:
            raise ApplicationError(
                error.message, error.field, type=error.code, non_retryable=True
            ) from error
        return OrderReceipt(
            no=wanted.order.no, status=OrderStatus.APPLIED, cases=count.cases, done=count.done
        )

    def _ground(self, content: Rebalance, on: date) -> register.Ground:
        sharing = self.on(on).sharing

        def rule(item: str) -> SharingRule:
            return sharing.rules(content.district, item, on)[content.role]

        return register.Ground(on=on, posts=staff().on(on).posts, rule=rule)

    @activity.defn(name="rebalancing.carry_out")
    async def carry_out(self, wanted: CarryOut) -> CarriedOut:
        """Tell each waiting case, once, and write its outcome.

        The register notes each batch, so after a crash the next attempt continues there.
        """
        client, after, answered = activity.client(), "", 0
        content, no = _content(wanted), wanted.order.no

        async def page() -> Sequence[register.HandedCase]:
            nonlocal after
            async with self.sessions() as session:
                cases = await register.waiting_handings(session, no, after=after, limit=BATCH)
            after = cases[-1].case_no if cases else after
            return cases

        async def tell(cases: Sequence[register.HandedCase]) -> None:
            nonlocal answered
            async with self.sessions() as session:
                full = await register.over_cap(session, cases)
            free = [each for each in cases if each.case_no not in full]
            found, _ = await asyncio.gather(
                asyncio.gather(*(_hand(client, no, content, each) for each in free)),
                asyncio.sleep(len(cases) / self.per_second),
            )
            outcomes = [each for each in found if each is not None]
            outcomes += [
                register.Handed(case_no=number, outcome=HandedOn.REFUSED, code=FULL)
                for number in sorted(full)
            ]
            async with self.sessions.begin() as session:
                await register.note_handed(session, no, outcomes)
            answered += len(outcomes)

        await batch_by_batch(page, tell, most=MOST_AT_ONCE)
        async with self.sessions() as session:
            count = await register.count_handed(session, no)
        left = count.done < count.cases
        if left and not answered:
            # Temporal waits between attempts; nobody waits in a loop here.
            raise ApplicationError("no case has answered", type="CASES_SILENT")
        return CarriedOut(done=count.done, left=left)


async def _hand(
    client: Client, order_no: str, content: Rebalance, case: register.HandedCase
) -> register.Handed | None:
    """Hand one case on and return the outcome; None if it did not answer in time."""
    handle = client.get_workflow_handle(workflow_id(CaseKind(case.kind), case.case_no))
    command = command_of(order_no, content, case)
    try:
        await handle.execute_update(
            "reassign", command, result_type=Receipt, rpc_timeout=ANSWERS_WITHIN
        )
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        return None
    except WorkflowUpdateFailedError as error:
        return _refused(case.case_no, error)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return register.Handed(case_no=case.case_no, outcome=HandedOn.GONE)
        raise
    return register.Handed(case_no=case.case_no, outcome=HandedOn.DONE)


def command_of(order_no: str, content: Rebalance, case: register.HandedCase) -> OrderedReassign:
    """What a case is told: the reason of the order, as far as there is room, and its own."""
    own = f"（{case.why}）"
    return OrderedReassign(
        actor=ORDERS,
        role=Role(case.role),
        to=case.receiver,
        reason=f"{content.reason[: LONGEST_REASON - len(own)]}{own}",
        order=order_no,
        holder=case.holder,
        begun=content.begun,
    )


def _refused(case_no: str, error: WorkflowUpdateFailedError) -> register.Handed:
    cause = error.cause
    code = (cause.type if isinstance(cause, ApplicationError) else None) or "FAILED"
    if code.startswith(_NOT_PROVED):
        raise ApplicationError("the worker's own messages are not believed", type=code)
    if code == "CASE_CLOSED":
        return register.Handed(case_no=case_no, outcome=HandedOn.GONE)
    return register.Handed(case_no=case_no, outcome=HandedOn.REFUSED, code=code)


def _content(wanted: ApplyOrder | CarryOut) -> Rebalance:
    content = wanted.order.content
    if not isinstance(content, Rebalance):
        raise ApplicationError(content.kind, type="NOT_A_REBALANCING", non_retryable=True)
    return content
