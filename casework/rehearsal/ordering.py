"""The orders of a rehearsal: proposed, approved and made known as in production."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.orders import (
    ChangeSuspension,
    Content,
    LiftSuspension,
    Order,
    check_proposal,
    cities_of_order,
    stated_district,
)
from casework.messages.cases import InForceQuestion
from casework.messages.orders import order_number
from casework.rehearsal.engine import Engine
from casework.rehearsal.faults import ScenarioError
from casework.rehearsal.ordered import Surroundings
from casework.rehearsal.registry import Cast
from casework.rehearsal.step import Step
from casework.trial.case import RefusalError


@dataclass(frozen=True, kw_only=True)
class GivenOrder:
    """An order as it was given, for the timeline; ``refusal`` is None if it is in force."""

    no: str
    at: datetime
    content: Content
    by: Actor
    refusal: RefusalError | None = None


@dataclass(kw_only=True)
class OrderDesk:
    """Where orders of one rehearsal are given; ``here`` learns the names that they bear.

    ``places``: where each case of the scenario stands, by its name. ``outreaches``: the ids of
    those that orders have begun, by the name that the scenario has for what they are about.
    """

    engine: Engine
    cast: Cast
    here: Surroundings
    places: Mapping[str, Surroundings] = field(default_factory=dict)
    given: list[GivenOrder] = field(default_factory=list)
    outreaches: dict[str, str] = field(default_factory=dict)
    _districts: dict[str, str] = field(default_factory=dict)
    _cities: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def last_no(self) -> str:
        """The number of the last order that came into force; empty if there is none."""
        return next((one.no for one in reversed(self.given) if one.refusal is None), "")

    async def give(self, step: Step) -> RefusalError | None:
        """Give the order of the step; return why it was refused, if it was.

        When this returns, it is in force and whoever must look again has been told.
        """
        if step.order is None:
            raise ValueError("a step without an order")
        here = replace(self.places.get(step.case, self.here), named=self.here.named)
        content = step.order.content(here)
        district = self._district(content)
        cities = self._cities_of(content, district)
        proposer, approver = self.cast.orderers(
            step.actor, step.order.approved_by, district, everywhere=not cities
        )
        no = order_number(proposer.code, f"{self.here.case_no} {len(self.given)}")
        order = Order(no=no, content=content, proposed_by=proposer)
        at, refusal = await self.engine.now(), None
        try:
            check_proposal(content, proposer, district)
            about = await self.engine.order(order, district, approver, cities)
        except DomainError as error:
            refusal = RefusalError(code=error.code, reason=error.message)
        else:
            self._districts[about], self._cities[about] = district, cities
            if getattr(content, "outreach", ""):
                self.outreaches[step.order.about or about] = no
            if step.order.called:
                named = {**self.here.named, step.order.called: about}
                self.here = replace(self.here, named=named)
        self.given.append(GivenOrder(no=no, at=at, content=content, by=proposer, refusal=refusal))
        return refusal

    def _district(self, content: Content) -> str:
        """Where the order bears; what nobody knows is refused when it is to come into force."""
        if isinstance(content, ChangeSuspension | LiftSuspension):
            return self._districts.get(content.suspension, "")
        with suppress(DomainError):
            return stated_district(content) or ""
        return ""

    def _cities_of(self, content: Content, district: str) -> tuple[str, ...]:
        known: tuple[str, ...] = ()
        if isinstance(content, ChangeSuspension | LiftSuspension):
            known = self._cities.get(content.suspension, ())
        return cities_of_order(content, district, known)


def surroundings(case: InForceQuestion) -> Surroundings:
    """Where the rehearsed case will stand; nothing has a name yet."""
    return Surroundings(
        case_no=case.case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        named={},
    )


async def give_before(steps: Iterable[Step], desk: OrderDesk) -> None:
    """Give the orders of before the case is opened.

    Raises:
        ScenarioError: one of them went otherwise than it says; there is no case to tell of then.
    """
    for number, step in enumerate(steps, 1):
        if step.at:
            await desk.engine.pass_until(step.at)
        refusal = await desk.give(step)
        code, reason = (refusal.code, refusal.reason) if refusal else ("", "")
        if code != step.refused:
            said = f"预期拒绝 {step.refused}" if step.refused else "预期生效"
            what = f"{said}，实际{f'被拒：{code} {reason}' if code else '生效'}"
            raise ScenarioError(what, place=("before", number - 1))
