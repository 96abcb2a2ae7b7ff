"""Faults of the list of services: materials, owners and limits of each."""

from collections.abc import Iterator

from casework.domain.policy import LimitName
from casework.domain.talent import Level
from casework.policy.catalogue.documents import Finding
from casework.policy.catalogue.naming import one_of
from casework.policy.catalogue.tree import Loaded
from casework.policy.service_catalogue.checked import Checked, Places, in_city, unheeded
from casework.policy.service_catalogue.sources import Service, ServicesFile

NEEDED = frozenset({LimitName.NOTICE, LimitName.SUPPLEMENT, LimitName.COLLECT, LimitName.HANDLE})
HEEDED = NEEDED | {LimitName.HANDLE_EXTENSION, LimitName.TAKE_BACK}
"""Where these are not set, nothing is extended, and nothing taken back."""


def service_findings(loaded: Loaded[ServicesFile], places: Places) -> Iterator[Finding]:
    """Faults of the list, service by service."""
    file, document = loaded.model, loaded.document
    districts = in_city(places, file.city, Level.DISTRICT).values()
    yield from unheeded(document, (), file.limits, HEEDED)
    for code, service in file.services.items():
        at = ("services", code)
        checked = Checked(
            document=document, at=at, in_force=service.in_force, parts=(file.limits, service)
        )
        yield from checked.needs(("owners",), service.owners)
        yield from checked.needs_limits(NEEDED, file.limits, service.limits)
        yield from checked.needs_hours(districts)
        yield from unheeded(document, at, service.limits, HEEDED)
        yield from _owners(checked, service, in_city(places, file.city))
        for material in service.materials:
            if material not in file.materials:
                place, right = (*at, "materials", material), one_of(material, file.materials)
                yield document.finding(place, "unknown material", right)


def _owners(checked: Checked, service: Service, places: Places) -> Iterator[Finding]:
    for index, entry in enumerate(service.owners.root):
        levels = [owner.level for owner in entry.value or ()]
        for position, owner in enumerate(entry.value or ()):
            at = (*checked.at, "owners", index, "value", position)
            if owner.level in levels[:position]:
                problem, right = f"{owner.level} stands here twice", "name each level once"
                yield checked.document.finding(at, problem, right)
            for place in places.values():
                if place.level is owner.level and owner.body not in place.bodies:
                    problem = f"{place.district} has no body {owner.body}"
                    right = one_of(owner.body, place.bodies)
                    yield checked.document.finding((*at, "body"), problem, right)
