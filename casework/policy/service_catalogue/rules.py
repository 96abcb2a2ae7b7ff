"""From the files to the policies that the domain knows, for one place on one day."""

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date
from typing import Any, TypeVar

from casework.domain.kinds.cycle.state import CycleKind, CyclePolicy
from casework.domain.kinds.rating.state import RatingPolicy
from casework.domain.kinds.request.state import ServiceRule
from casework.domain.kinds.round.state import RoundPolicy
from casework.domain.policy import MaterialRule, Policy
from casework.policy.catalogue import rules
from casework.policy.catalogue.layers import InForce
from casework.policy.catalogue.sources import MaterialName
from casework.policy.service_catalogue.dated import held, limits, required
from casework.policy.service_catalogue.places import Place
from casework.policy.service_catalogue.sources import (
    CycleLayer,
    CyclesFile,
    RatingsFile,
    Service,
    ServicesFile,
    VisitsFile,
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


def rating_policy(file: RatingsFile, place: Place, day: date) -> RatingPolicy:
    common = _common(file.code, file.name, place, day)
    return _sealed(RatingPolicy(**common, limits=limits(day, file.limits)))


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
    written = json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
    return replace(policy, digest=hashlib.sha256(written.encode()).hexdigest()[:16])
