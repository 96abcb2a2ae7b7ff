"""Rebalances open work: fixes what an approved order hands to whom, then tells each case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import telling
from activities.telling import Answers, by_update, each_answer, tell_all
from casework.domain.bounds import Text
from casework.domain.case.commands import OrderedReassign
from casework.domain.case.facts import ORDERS
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.orders import Rebalance
from casework.domain.policy import Role
from casework.domain.sharing import SharingRule
from casework.domain.time.calendar import local_date
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
from casework.store.telling import Outcome

MOST_AT_ONCE = 1_000
"""The most cases of one call; the workflow calls again for the others."""
FULL = "TOO_MANY_OPEN"
LONGEST_REASON: int = get_args(Text)[1].most


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
        """Hand on each waiting case, once, and write its outcome; then plan what else would help.

        A case of an interrupted batch answers that it has followed this order already.
        """
        content, no = _content(wanted), wanted.order.no

        async def tell(cases: Sequence[register.HandedCase]) -> Sequence[Outcome]:
            async with self.sessions() as session:
                full = await register.over_cap(session, cases)
            free = [each for each in cases if each.case_no not in full]
            return [
                *await each_answer([_hand(no, content, each) for each in free]),
                *(
                    Outcome(case_no=number, outcome=HandedOn.REFUSED, code=FULL)
                    for number in sorted(full)
                ),
            ]

        async def more(session: AsyncSession) -> int:
            on = await register.day_of(session, no, wanted.at)
            try:
                return await register.plan_more(session, wanted.order, self._ground(content, on))
            except DomainError:  # nobody holds such a post any more: it ends with what was planned
                return 0

        return await tell_all(
            self.sessions,
            register.HANDINGS,
            no,
            tell,
            batch=telling.UPDATES,
            per_second=self.per_second,
            most=MOST_AT_ONCE,
            more=more,
        )


async def _hand(order_no: str, content: Rebalance, case: register.HandedCase) -> Outcome | None:
    """Hand one case on and return the outcome; None if it did not answer in time."""
    command = command_of(order_no, content, case)
    where = workflow_id(CaseKind(case.kind), case.case_no)
    return await by_update(where, "reassign", command, case.case_no, _ANSWERS)


def command_of(order_no: str, content: Rebalance, case: register.HandedCase) -> OrderedReassign:
    """The command for a case: it gives the order's reason, shortened if need be, and its own."""
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


_ANSWERS = Answers(
    done=HandedOn.DONE, refused=HandedOn.REFUSED, known={"CASE_CLOSED": HandedOn.GONE}
)


def _content(wanted: ApplyOrder | CarryOut) -> Rebalance:
    content = wanted.order.content
    if not isinstance(content, Rebalance):
        raise ApplicationError(content.kind, type="NOT_A_REBALANCING", non_retryable=True)
    return content
