"""From the files to the policies that the domain knows, for one place on one day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel

from casework.domain.kinds.appointment.slots import (
    AppointmentPolicy,
    Business,
    Question,
    Session,
)
from casework.domain.kinds.cycle.state import CycleKind, CyclePolicy
from casework.domain.kinds.rating.state import RatingPolicy
from casework.domain.kinds.request.state import ServiceRule
from casework.domain.kinds.round.state import RoundPolicy
from casework.domain.policy import Limit, LimitName, MaterialRule, Policy, city_of
from casework.domain.talent import Level
from casework.policy.catalogue import rules
from casework.policy.catalogue.documents import Location
from casework.policy.catalogue.offer import digest_of
from casework.policy.catalogue.rules import InForce, in_force
from casework.policy.catalogue.sources import MaterialName, OfficeHours, ProfileFile, Timeline
from casework.policy.service_catalogue.sources import (
    AppointmentsFile,
    CycleLayer,
    CyclesFile,
    KindFile,
    Limits,
    PlatformSource,
    Service,
    ServicesFile,
    VisitsFile,
)


def held(day: date, *timelines: Timeline[Any] | None) -> InForce | None:
    """The value in force, or None where there is none or it is repealed; lowest layer first."""
    spoken = [entry for line in timelines if line and (entry := line.at(day))]
    return in_force(spoken[-1]) if spoken else None


def required(day: date, *timelines: Timeline[Any] | None) -> InForce:
    """The same where the check has made sure of it; raises LookupError otherwise."""
    entry = held(day, *timelines)
    if entry is None:
        raise LookupError(f"no value on {day}")
    return entry


def is_offered(day: date, timeline: Timeline[Any]) -> bool:
    """Whether an ``in_force`` says yes that day."""
    entry = held(day, timeline)
    return bool(entry and entry.value)


def limits(day: date, *layers: Limits) -> dict[LimitName, Limit]:
    """The limits in force, lowest layer first."""
    names = dict.fromkeys(name for layer in layers for name in layer)
    entries = ((name, held(day, *(layer.get(name) for layer in layers))) for name in names)
    return {name: rules.limit(entry) for name, entry in entries if entry}


def timelines_of(part: object, place: Location = ()) -> Iterator[tuple[Location, Timeline[Any]]]:
    """Every timeline within a part of a file, with its place."""
    if isinstance(part, Timeline):
        yield place, part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from timelines_of(getattr(part, name), (*place, name))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from timelines_of(value, (*place, str(key)))


def days_of(*parts: object) -> list[date]:
    """Every day on which something in these parts changes."""
    lines: Iterable[Timeline[Any]] = (line for part in parts for _, line in timelines_of(part))
    return sorted({entry.since for line in lines for entry in line.root})


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A service platform (服务平台): the municipal one bears the code of its city."""

    district: str
    name: str  # of the district or city
    office: str
    level: Level


@dataclass(frozen=True, kw_only=True)
class Place(Platform):
    """A platform, or a district centre of the catalogue of items, with its hours and bodies."""

    hours: Timeline[OfficeHours]
    bodies: Mapping[str, str] = field(default_factory=dict)

    @property
    def city(self) -> str:
        return city_of(self.district)

    @property
    def platform(self) -> Platform:
        """Only what everybody may know of it."""
        return Platform(
            district=self.district, name=self.name, office=self.office, level=self.level
        )

    def office_hours(self, day: date) -> OfficeHours:
        """The hours of that day; raises LookupError before the first."""
        hours: OfficeHours = required(day, self.hours).value
        return hours


def platform_place(district: str, source: PlatformSource) -> Place:
    return Place(
        district=district,
        name=source.name,
        office=source.office,
        level=source.level,
        hours=source.office_hours,
        bodies=source.bodies,
    )


def centre_place(district: str, profile: ProfileFile) -> Place:
    """A district talent service centre, as the catalogue of items knows it."""
    return Place(
        district=district,
        name=profile.name,
        office=profile.office or f"{profile.name}人才服务中心",
        level=Level.DISTRICT,
        hours=profile.office_hours,
    )


PolicyT = TypeVar("PolicyT", bound=Policy)


def service_rule(code: str, file: ServicesFile, place: Place, day: date) -> ServiceRule:
    service = file.services[code]
    owners = required(day, service.owners)
    materials = tuple(_materials(service, file.materials, day))
    listed = required(day, service.in_force)
    return _sealed(
        ServiceRule(
            **_common(code, service.name, place, day),
            limits=limits(day, file.limits, service.limits),
            owners=tuple(owner.level for owner in owners.value),
            bodies={owner.level: owner.body for owner in owners.value},
            materials=materials,
            material_names={rule.code: rule.name for rule in materials},
            reference=listed.reference,
            mark=listed.mark,
        )
    )


def cycle_policy(kind: CycleKind, file: CyclesFile, place: Place, day: date) -> CyclePolicy:
    source = file.of(kind)
    own = source.districts.get(place.district, CycleLayer())
    term = required(day, source.term, own.term)
    return _sealed(
        CyclePolicy(
            **_common(source.code, source.name, place, day),
            limits=limits(day, source.limits, own.limits),
            cycle=kind,
            term_months=term.value,
            term_reference=term.reference,
            term_mark=term.mark,
            notice=rules.limit(required(day, source.notice, own.notice)),
            **_evaluation(held(day, source.evaluation, own.evaluation)),
            **_reminders(held(day, source.reminders, own.reminders)),
        )
    )


def _evaluation(entry: InForce | None) -> dict[str, Any]:
    if entry is None:
        return {"evaluated": False}
    return {
        "evaluated": True,
        "window": entry.value.window,
        "window_days": entry.value.days,
        "window_reference": entry.reference,
        "window_mark": entry.mark,
    }


def _reminders(entry: InForce | None) -> dict[str, Any]:
    if entry is None:
        return {}
    return {
        "reminders": entry.value.days,
        "reminders_reference": entry.reference,
        "specialist_within": entry.value.specialist_within,
    }


def rating_policy(file: KindFile, place: Place, day: date) -> RatingPolicy:
    common = _common(file.code, file.name, place, day)
    return _sealed(RatingPolicy(**common, limits=limits(day, file.limits)))


def kind_policy(file: KindFile, place: Place, day: date) -> Policy:
    if isinstance(file, AppointmentsFile):
        return _appointment_policy(file, place, day)
    common = _common(file.code, file.name, place, day)
    return _sealed(Policy(**common, limits=limits(day, file.limits)))


def _appointment_policy(file: AppointmentsFile, place: Place, day: date) -> AppointmentPolicy:
    own = file.districts.get(place.district)
    offered = required(day, file.slots, own.slots if own else None)
    return _sealed(
        AppointmentPolicy(
            **_common(file.code, file.name, place, day),
            limits=limits(day, file.limits),
            sessions=tuple(Session(**each.model_dump()) for each in offered.value.sessions),
            days_ahead=offered.value.days_ahead,
            businesses=tuple(
                Business(code=code, **each.model_dump()) for code, each in file.businesses.items()
            ),
            questions=tuple(
                Question(code=code, **each.model_dump()) for code, each in file.questions.items()
            ),
            reference=offered.reference,
            mark=offered.mark,
        )
    )


def round_policy(file: VisitsFile, place: Place, day: date) -> RoundPolicy:
    sampling = required(day, file.sampling)
    return _sealed(
        RoundPolicy(
            **_common(file.code, file.name, place, day),
            limits={},
            **sampling.value.model_dump(),
            reference=sampling.reference,
            mark=sampling.mark,
        )
    )


def _common(code: str, name: str, place: Place, day: date) -> dict[str, Any]:
    hours = place.office_hours(day)
    return {
        "code": code,
        "name": name,
        "district": place.district,
        "district_name": place.name,
        "resolved_on": day,
        "digest": "",
        "office_opens": hours.opens,
        "office_closes": hours.closes,
    }


def _materials(service: Service, names: dict[str, MaterialName], day: date) -> list[MaterialRule]:
    entries = ((code, held(day, line)) for code, line in service.materials.items())
    return [
        MaterialRule(
            code=code,
            name=names[code].name,
            main=entry.value.main,
            form=names[code].form,
            reference=entry.reference,
            mark=entry.mark,
        )
        for code, entry in entries
        if entry
    ]


def _sealed(policy: PolicyT) -> PolicyT:
    """The policy with the digest of its content; the day of resolution does not count."""
    content = asdict(policy)
    del content["resolved_on"], content["digest"]
    return replace(policy, digest=digest_of(content))
