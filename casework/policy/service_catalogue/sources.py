"""The shape of the files of talent service: what may be written, and nothing else.

As in the catalogue of items, every value is a timeline whose entries say from which day they hold,
the reference they rest on and how firm that is; ``value: null`` repeals from that day.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from casework.domain.kinds.cycle.state import CycleKind, EvaluationWindow
from casework.domain.policy import LimitName
from casework.domain.talent import Level
from casework.policy.catalogue.sources import (
    Code,
    Count,
    DistrictCode,
    Flag,
    LimitSource,
    MaterialName,
    OfficeHours,
    Source,
    Sourced,
    Text,
    Timeline,
)

ServiceCode = Annotated[str, StringConstraints(pattern=r"^SVC_[A-Z][A-Z0-9_]*$")]
PolicyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
Percent = Annotated[Count, Field(le=100)]
Limits = dict[LimitName, Timeline[LimitSource]]


class Owner(Source):
    """A level that owns a service, and the code of its department in charge."""

    level: Level
    body: Code


class Requirement(Source):
    """A material of a service."""

    main: Flag


class Service(Source):
    """One service of the list; its own limits go before those of the file."""

    name: Text
    in_force: Timeline[Flag]
    owners: Timeline[Annotated[tuple[Owner, ...], Field(min_length=1)]]
    limits: Limits = Field(default_factory=dict)
    materials: dict[Code, Timeline[Requirement]] = Field(default_factory=dict)


class ServicesFile(Source):
    """``services.yaml``: the list (人才服务项目清单) of one city, its materials and limits."""

    city: DistrictCode
    limits: Limits
    materials: dict[Code, MaterialName]
    services: Annotated[dict[ServiceCode, Service], Field(min_length=1)]


class Evaluation(Source):
    """How 期满前30日内 is read, and how many calendar days it means."""

    window: EvaluationWindow
    days: Count


class Reminders(Source):
    """Calendar days before the last day; from ``specialist_within`` on the specialist, too."""

    days: Annotated[tuple[Count, ...], Field(min_length=1)]
    specialist_within: Count


class CycleLayer(Source):
    """What a city says of a cycle, or a district in its place."""

    term: Timeline[Count] | None = None  # months
    notice: Timeline[LimitSource] | None = None
    evaluation: Timeline[Evaluation] | None = None
    reminders: Timeline[Reminders] | None = None
    limits: Limits = Field(default_factory=dict)


class CycleSource(CycleLayer):
    code: PolicyCode
    name: Text
    city: DistrictCode
    in_force: Timeline[Flag]
    districts: dict[DistrictCode, CycleLayer] = Field(default_factory=dict)


class CyclesFile(Source):
    """``cycles.yaml``: the cycle of a talent and that of a residence permit."""

    talent: CycleSource
    permit: CycleSource

    def of(self, kind: CycleKind) -> CycleSource:
        return self.talent if kind is CycleKind.TALENT else self.permit


class KindFile(Source):
    """``<path>.yaml`` of a kind of case whose policy is its limits, the same everywhere."""

    code: PolicyCode
    name: Text
    in_force: Timeline[Flag]
    limits: Limits


Time = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Annotated[Count, Field(le=7)]


class SessionSource(Source):
    """A stretch of each working day, or of some weekdays, with its places."""

    at: Time
    until: Time
    places: Count
    businesses: tuple[Code, ...] = ()
    weekdays: tuple[Weekday, ...] = ()


class SlotsSource(Source):
    """What can be booked: so many working days ahead, in these stretches of a day."""

    days_ahead: Count
    sessions: Annotated[tuple[SessionSource, ...], Field(min_length=1)]


class BusinessSource(Source):
    """What somebody comes for; the measures on ``item`` bear on it."""

    name: Text
    item: str = ""


class QuestionSource(Source):
    """What a visitor is asked, while a measure with the effect ``under`` is in force, or always."""

    text: Text
    under: str = ""


class AppointmentLayer(Source):
    """What a district says in the place of the file."""

    slots: Timeline[SlotsSource]


class AppointmentsFile(KindFile):
    """``appointments.yaml``: the slots of every office, and what its visitors are asked."""

    businesses: Annotated[dict[Code, BusinessSource], Field(min_length=1)]
    questions: dict[Code, QuestionSource] = Field(default_factory=dict)
    slots: Timeline[SlotsSource]
    districts: dict[DistrictCode, AppointmentLayer] = Field(default_factory=dict)


class Sampling(Source):
    """How many are visited, and when; ``lookback_months`` makes somebody a visitor."""

    percent: Percent
    minimum: Count
    draw_before: Count  # working days before the last one of the quarter, as warn_before
    warn_before: Count
    lookback_months: Count


class VisitsFile(Source):
    """``visits.yaml``: the quarterly round of each platform of one city."""

    code: PolicyCode
    name: Text
    city: DistrictCode
    in_force: Timeline[Flag]
    sampling: Timeline[Sampling]


class PlatformSource(Sourced):
    """A service platform; ``bodies``: the departments at its level, code → Chinese name."""

    name: Text
    level: Level
    office: Text
    office_hours: Timeline[OfficeHours]
    bodies: dict[Code, Text] = Field(default_factory=dict)


class PlatformsFile(Source):
    """``platforms.yaml``: the platforms of one city, the municipal one under the city's code."""

    city: DistrictCode
    platforms: Annotated[dict[DistrictCode, PlatformSource], Field(min_length=1)]
