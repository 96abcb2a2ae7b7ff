"""One policy under check: it is complete on every day and in every place where it is in force."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.domain.policy import LimitName
from casework.domain.talent import Level
from casework.policy.catalogue.documents import Document, Finding, Location
from casework.policy.catalogue.naming import one_of
from casework.policy.catalogue.sources import Timeline
from casework.policy.service_catalogue.dated import days_of, held, is_offered
from casework.policy.service_catalogue.places import Place
from casework.policy.service_catalogue.sources import Limits

Places = Mapping[str, Place]


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A policy at its place in the file; ``parts`` are all that change it."""

    document: Document
    at: Location = ()
    in_force: Timeline[Any]
    parts: tuple[object, ...]

    @property
    def days(self) -> list[date]:
        """Every day in force on which something changes."""
        return [day for day in days_of(*self.parts) if is_offered(day, self.in_force)]

    def needs(self, field: Location, *layers: Timeline[Any] | None) -> Iterator[Finding]:
        """A value on every day in force."""
        if missing := [day for day in self.days if held(day, *layers) is None]:
            right = "write it: an entry from that day or earlier"
            yield self.document.finding((*self.at, *field), f"no value on {missing[0]}", right)

    def needs_limits(self, names: Iterable[LimitName], *layers: Limits) -> Iterator[Finding]:
        """Each of these limits on every day in force."""
        for name in sorted(names):
            yield from self.needs(("limits", name), *(layer.get(name) for layer in layers))

    def needs_hours(self, places: Iterable[Place]) -> Iterator[Finding]:
        """Wherever it is offered, the office has its hours."""
        for place in places:
            if missing := [day for day in self.days if held(day, place.hours) is None]:
                problem = f"{place.district} has no office hours on {missing[0]}"
                right = "begin later, or write the hours from that day"
                yield self.document.finding((*self.at, "in_force"), problem, right)


def unheeded(
    document: Document, at: Location, limits: Limits, heeded: Iterable[LimitName]
) -> Iterator[Finding]:
    """Limits that would silently do nothing."""
    known = sorted(heeded)
    for name in limits:
        if name not in known:
            place = (*at, "limits", name)
            yield document.finding(place, "nothing heeds this limit", one_of(name, known))


def in_city(places: Places, city: str, level: Level | None = None) -> dict[str, Place]:
    """The places of a city, of one level or of all."""
    return {
        code: place
        for code, place in places.items()
        if place.city == city and level in {None, place.level}
    }
