"""Moves running cases to newer policy: fixes the set of an approved order, then tells each case."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NoReturn

from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.telling import batch_by_batch
from casework.domain.case.facts import ORDERS
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import PolicyMove
from casework.domain.orders import MoveToPolicy, check_policy_day
from casework.domain.policy import ServiceItem
from casework.domain.time.calendar import local_date
from casework.messages.cases import Receipt, application_id
from casework.messages.orders import (
    ApplyOrder,
    Carried,
    CarriedOut,
    CarryOut,
    OrderReceipt,
    OrderStatus,
)
from casework.policy.publishing.versions import WholeCatalogue
from casework.store.engine import Sessions
from casework.store.in_force import policy_moves as register

BATCH = 20
"""How many cases are told at once, and how many at most are told again after a crash."""
MOST_AT_ONCE = 1_000
"""The most cases of one call; the workflow calls again for the others."""
ANSWERS_WITHIN = timedelta(seconds=15)
"""A case that does not answer within this time is skipped, and told again later."""
_NOT_PROVED = "PROOF_"
"""Refusals that are our own fault, not those of a rule: they must be repaired, and tried again."""


@dataclass(frozen=True)
class PolicyMoveActivities:
    """Idempotent by order and case: a case knows which orders have moved it.

    ``on`` returns the catalogue in force on a day; ``per_second`` limits the load of the workers.
    """

    sessions: Sessions
    on: Callable[[date], WholeCatalogue]
    per_second: int = 100

    @activity.defn(name="policy_moves.apply")
    async def apply(self, wanted: ApplyOrder) -> OrderReceipt:
        """Fix the policy and the set of cases in one transaction; a repeat gives the first answer.

        A refusal by the rules is final; its type is the rule's code.
        """
        content = _content(wanted)
        try:
            on = check_policy_day(content, local_date(wanted.at))
            async with self.sessions.begin() as session:
                known = await register.policy_of_order(session, wanted.order.no)
                measures = await register.dated_measures(session, content.district, content.item)
                whole = self.on(on)
                item = known or whole.catalogue.resolve(
                    content.item, content.district, on, measures
                )
                count = await register.fix_set(
                    session, wanted.order, item, wanted.approved_by, wanted.at, whole.digest
                )
        except DomainError as error:
            _fail_for_good(error)
        return OrderReceipt(
            no=wanted.order.no, status=OrderStatus.APPLIED, cases=count.cases, done=count.done
        )

    @activity.defn(name="policy_moves.carry_out")
    async def carry_out(self, wanted: CarryOut) -> CarriedOut:
        """Tell each waiting case, once, and write its outcome.

        The register notes each batch, so after a crash the next attempt continues there. A case of
        an interrupted batch answers that this order has moved it already.
        """
        client, after, answered = activity.client(), "", 0
        command = await self._command(wanted)

        async def page() -> Sequence[str]:
            nonlocal after
            async with self.sessions() as session:
                cases = await register.waiting(session, wanted.order.no, after=after, limit=BATCH)
            after = cases[-1] if cases else after
            return cases

        async def tell(cases: Sequence[str]) -> None:
            nonlocal answered
            outcomes = await self._tell(client, command, cases)
            async with self.sessions.begin() as session:
                await register.note(session, wanted.order.no, outcomes)
            answered += len(outcomes)

        await batch_by_batch(page, tell, most=MOST_AT_ONCE)
        return await self._progress(wanted, answered)

    async def _progress(self, wanted: CarryOut, told: int) -> CarriedOut:
        async with self.sessions() as session:
            count = await register.count(session, wanted.order.no)
        left = count.done < count.cases
        if left and not told:
            # Temporal waits between attempts; nobody waits in a loop here.
            raise ApplicationError("no case has answered", type="CASES_SILENT")
        return CarriedOut(done=count.done, left=left)

    async def _command(self, wanted: CarryOut) -> PolicyMove:
        order, content = wanted.order, _content(wanted)
        async with self.sessions() as session:
            item: ServiceItem | None = await register.policy_of_order(session, order.no)
            catalogue = await register.catalogue_of_order(session, order.no)
        return PolicyMove(
            actor=ORDERS,
            order=order.no,
            reason=content.reason,
            item=item,
            proposed_by=order.proposed_by.code,
            approved_by=wanted.approved_by.code,
            approved_as=wanted.approved_by.role,
            head_consents=content.head_consents,
            catalogue=catalogue,
        )

    async def _tell(
        self, client: Client, command: PolicyMove, cases: Sequence[str]
    ) -> list[register.Outcome]:
        found, _ = await asyncio.gather(
            asyncio.gather(*(_move(client, command, number) for number in cases)),
            asyncio.sleep(len(cases) / self.per_second),
        )
        return [outcome for outcome in found if outcome is not None]


async def _move(client: Client, command: PolicyMove, case_no: str) -> register.Outcome | None:
    """Move one case and return the outcome; None if it did not answer in time."""
    handle = client.get_workflow_handle(application_id(case_no))
    try:
        await handle.execute_update(
            "move_policy",
            command,
            result_type=Receipt,
            rpc_timeout=ANSWERS_WITHIN,
        )
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        return None
    except WorkflowUpdateFailedError as error:
        return _refused(case_no, error)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return register.Outcome(case_no=case_no, outcome=Carried.GONE)
        raise
    return register.Outcome(case_no=case_no, outcome=Carried.MOVED)


def _refused(case_no: str, error: WorkflowUpdateFailedError) -> register.Outcome:
    cause = error.cause
    code = (cause.type if isinstance(cause, ApplicationError) else None) or "FAILED"
    if code.startswith(_NOT_PROVED):
        raise ApplicationError("the worker's own messages are not believed", type=code)
    outcomes = {"POLICY_UNCHANGED": Carried.UNCHANGED, "CASE_CLOSED": Carried.GONE}
    outcome = outcomes.get(code, Carried.REFUSED)
    return register.Outcome(
        case_no=case_no, outcome=outcome, code=code if outcome is Carried.REFUSED else ""
    )


def _content(wanted: ApplyOrder | CarryOut) -> MoveToPolicy:
    content = wanted.order.content
    if not isinstance(content, MoveToPolicy):
        raise ApplicationError(content.kind, type="NOT_A_MOVE", non_retryable=True)
    return content


def _fail_for_good(error: DomainError) -> NoReturn:
    raise ApplicationError(
        error.message, error.field, type=error.code, non_retryable=True
    ) from error
