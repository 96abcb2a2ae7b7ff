"""Moves running cases to newer policy: fixes the set of an approved order, then tells each case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import telling
from activities.telling import Answers, by_update, each_answer, tell_all
from casework.domain.case.facts import ORDERS
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import PolicyMove
from casework.domain.orders import MoveToPolicy, check_policy_day
from casework.domain.policy import ServiceItem
from casework.domain.time.calendar import local_date
from casework.messages.cases import application_id
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
from casework.store.telling import Outcome

MOST_AT_ONCE = 1_000
"""The most cases of one call; the workflow calls again for the others."""


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

        A case of an interrupted batch answers that this order has moved it already.
        """
        command = await self._command(wanted)

        async def tell(cases: Sequence[register.MovedCase]) -> Sequence[Outcome]:
            return await each_answer(
                [
                    by_update(
                        application_id(each.case_no), "move_policy", command, each.case_no, _ANSWERS
                    )
                    for each in cases
                ]
            )

        return await tell_all(
            self.sessions,
            register.MOVES,
            wanted.order.no,
            tell,
            batch=telling.UPDATES,
            per_second=self.per_second,
            most=MOST_AT_ONCE,
        )

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
            tell=self._tells(item),
        )

    def _tells(self, item: ServiceItem | None) -> bool:
        """Whether people are told, as the policy says that the order has fixed."""
        if item is None:
            return False
        letters = self.on(item.resolved_on).letters
        return letters.tells_of_moves(item.district, item.code, item.resolved_on)


_ANSWERS = Answers(
    done=Carried.MOVED,
    refused=Carried.REFUSED,
    known={"POLICY_UNCHANGED": Carried.UNCHANGED, "CASE_CLOSED": Carried.GONE},
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
