"""Orders (指令) as a scenario writes them, made into those of production.

A suspension or a measure may have a ``name`` in the scenario, by which later steps speak of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from casework.domain import orders
from casework.domain.orders import Reach, Scope, office_key
from casework.domain.policy import Channel, Mark, city_of
from casework.domain.time.calendar import CalendarYear
from casework.domain.time.clock import Stopped
from casework.policy.catalogue.sources import DistrictCode
from casework.rehearsal.values import Day, Flag


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where the rehearsed case stands; ``named``: what earlier orders of the scenario opened."""

    case_no: str
    district: str
    office: str
    item: str
    named: Mapping[str, str]

    def id_of(self, name: str) -> str:
        """The suspension or measure that bears the name here, else the id that it may be."""
        return self.named.get(name, name)


class _Written(BaseModel):
    """``approved_by``: the second person, as in ``as``; left out, one who may."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    approved_by: str | None = None

    @property
    def called(self) -> str:
        """The name of what this order opens; empty where it opens nothing, or nobody names it."""
        return ""

    @property
    def about(self) -> str:
        """What the scenario calls that which the order is about; empty where nobody names it."""
        return self.called


class _Named(_Written):
    name: str = ""
    outreach: str = ""

    @property
    def called(self) -> str:
        return self.name


class SuspensionOpened(_Named):
    """``key`` is needed only for another place than that of the rehearsed case."""

    kind: Literal["open_suspension"]
    scope: Scope = Scope.DISTRICT
    key: str = ""
    first_on: Day
    lifted_on: Day | None = None
    reason: str
    basis: str
    clocks: Stopped = Stopped.APPLICANT
    channels: tuple[Channel, ...] = ()

    def content(self, here: Surroundings) -> orders.OpenSuspension:
        """The content of the order."""
        own = {
            Scope.CITY: city_of(here.district),
            Scope.DISTRICT: here.district,
            Scope.OFFICE: office_key(here.district, here.office),
            Scope.CASE: here.case_no,
        }
        return orders.OpenSuspension(
            reach=Reach(scope=self.scope, key=self.key or own[self.scope]),
            first_on=self.first_on,
            lifted_on=self.lifted_on,
            reason=self.reason,
            basis=self.basis,
            clocks=self.clocks,
            channels=tuple(self.channels),
            outreach=self.outreach,
        )


class SuspensionChanged(_Written):
    """Says anew all that the suspension is to be; only its reach stays."""

    kind: Literal["change_suspension"]
    suspension: str
    first_on: Day
    lifted_on: Day | None = None
    reason: str
    basis: str
    clocks: Stopped = Stopped.APPLICANT
    channels: tuple[Channel, ...] = ()

    def content(self, here: Surroundings) -> orders.ChangeSuspension:
        """The content of the order."""
        return orders.ChangeSuspension(
            suspension=here.id_of(self.suspension),
            first_on=self.first_on,
            lifted_on=self.lifted_on,
            reason=self.reason,
            basis=self.basis,
            clocks=self.clocks,
            channels=tuple(self.channels),
        )


class SuspensionLifted(_Written):
    """``lifted_on`` is the last day that does not count."""

    kind: Literal["lift_suspension"]
    suspension: str
    lifted_on: Day
    reason: str

    def content(self, here: Surroundings) -> orders.LiftSuspension:
        """The content of the order."""
        return orders.LiftSuspension(
            suspension=here.id_of(self.suspension), lifted_on=self.lifted_on, reason=self.reason
        )


class MeasureStarted(_Named):
    """For the district and the item of the rehearsed case, unless it says otherwise."""

    kind: Literal["start_measure"]
    effect: str
    district: DistrictCode | None = None
    items: tuple[str, ...] = ()
    since: Day
    until: Day | None = None
    online_accepted_from: Day | None = None
    reason: str
    reference: str
    mark: Mark = Mark.SOURCE
    channels: tuple[Channel, ...] = ()

    def content(self, here: Surroundings) -> orders.StartMeasure:
        """The content of the order."""
        return orders.StartMeasure(
            effect=self.effect,
            district=self.district or here.district,
            items=self.items or (here.item,),
            since=self.since,
            until=self.until,
            online_accepted_from=self.online_accepted_from,
            reason=self.reason,
            reference=self.reference,
            mark=self.mark,
            channels=tuple(self.channels),
            outreach=self.outreach,
        )


class MeasureEnded(_Written):
    """``measure``: a name given here, or the id of one of the catalogue."""

    kind: Literal["end_measure"]
    measure: str
    until: Day | None
    reason: str
    outreach: str = ""

    @property
    def about(self) -> str:
        return self.measure

    def content(self, here: Surroundings) -> orders.EndMeasure:
        """The content of the order."""
        return orders.EndMeasure(
            measure=here.id_of(self.measure),
            until=self.until,
            reason=self.reason,
            outreach=self.outreach,
        )


class WrittenYear(BaseModel):
    """A year as its notice has it, in the form of ``catalogue/calendars``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    year: int
    days_off: tuple[Day, ...]
    make_up: tuple[Day, ...]
    notice: str
    provisional: Flag = False


class CalendarImported(_Written):
    """For everybody, or the days of one district over those of everybody."""

    kind: Literal["import_calendar"]
    year: WrittenYear
    district: str = ""
    reason: str = ""

    def content(self, here: Surroundings) -> orders.ImportCalendar:
        """The content of the order."""
        del here
        year = CalendarYear(
            year=self.year.year,
            off=_sorted(self.year.days_off),
            make_up=_sorted(self.year.make_up),
            notice=self.year.notice,
            provisional=self.year.provisional,
        )
        return orders.ImportCalendar(year=year, district=self.district, reason=self.reason)


class CaseMoved(_Written):
    """The rehearsed case goes on under the policy of ``to``, or of the day of the order."""

    kind: Literal["move_policy"]
    to: Day | None = None
    head_consents: Flag = False
    reason: str

    def content(self, here: Surroundings) -> orders.MoveToPolicy:
        """The content of the order."""
        return orders.MoveToPolicy(
            district=here.district,
            item=here.item,
            cases=(here.case_no,),
            to=self.to,
            head_consents=self.head_consents,
            reason=self.reason,
        )


def _sorted(days: tuple[date, ...]) -> tuple[date, ...]:
    return tuple(sorted(days))


WrittenOrder = Annotated[
    SuspensionOpened
    | SuspensionChanged
    | SuspensionLifted
    | MeasureStarted
    | MeasureEnded
    | CalendarImported
    | CaseMoved,
    Field(discriminator="kind"),
]
