"""All faults of the files of talent service at once, each with its line and what is right.

A policy under check (``Checked``) is complete on every day and in every place where it is in force.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.kinds.registry import KINDS
from casework.domain.policy import OF_A_LETTER, LimitName, city_of
from casework.domain.talent import Level
from casework.policy.catalogue.documents import Document, Finding, Location, one_of
from casework.policy.catalogue.sources import Timeline
from casework.policy.catalogue.tree import Loaded
from casework.policy.service_catalogue.rules import Place, days_of, held, is_offered, timelines_of
from casework.policy.service_catalogue.sources import (
    AppointmentsFile,
    CycleLayer,
    CyclesFile,
    KindFile,
    Limits,
    PlatformsFile,
    Service,
    ServicesFile,
    SessionSource,
    SlotsSource,
    VisitsFile,
)
from casework.policy.service_catalogue.tree import ServiceTree, read_service_tree

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
    for name, timeline in limits.items():
        told = any(entry.value and entry.value.runs_from for entry in timeline.root)
        if told and name not in OF_A_LETTER:
            problem = "no letter tells of this limit when it begins"
            right = f"only these may run from one: {', '.join(sorted(OF_A_LETTER))}"
            yield document.finding((*at, "limits", name), problem, right)
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


NEEDED_BY_CYCLES = {
    CycleKind.TALENT: frozenset(
        {LimitName.VERIFY, LimitName.OBJECTION, LimitName.OBJECTION_REVIEW}
    ),
    CycleKind.PERMIT: frozenset({LimitName.REN_OPEN}),
}


def cycle_findings(loaded: Loaded[CyclesFile], places: Places) -> Iterator[Finding]:
    """Faults of both, layer by layer."""
    for kind in CycleKind:
        source = loaded.model.of(kind)
        served = in_city(places, source.city)
        city = Checked(
            document=loaded.document, at=(kind,), in_force=source.in_force, parts=(source,)
        )
        yield from city.needs_hours(served.values())
        yield from _cycle(city, kind, source)
        for district, own in source.districts.items():
            at = (kind, "districts", district)
            if district not in served:
                yield loaded.document.finding(at, "unknown district", one_of(district, served))
            yield from _cycle(replace(city, at=at), kind, source, own)


def _cycle(checked: Checked, kind: CycleKind, *layers: CycleLayer) -> Iterator[Finding]:
    own = layers[-1]
    yield from checked.needs(("term",), *(layer.term for layer in layers))
    yield from checked.needs(("notice",), *(layer.notice for layer in layers))
    yield from checked.needs_limits(NEEDED_BY_CYCLES[kind], *(layer.limits for layer in layers))
    more = {LimitName.ASKED_OPINION}
    if kind is CycleKind.TALENT:
        more.add(LimitName.TAKE_BACK)
    yield from unheeded(checked.document, checked.at, own.limits, NEEDED_BY_CYCLES[kind] | more)
    if kind is CycleKind.TALENT:
        yield from checked.needs(("evaluation",), *(layer.evaluation for layer in layers))
        yield from _reminders(checked, own)
        return
    for field in ("evaluation", "reminders"):
        if getattr(own, field):
            problem = "a permit is not evaluated: its holder renews it"
            yield checked.document.finding((*checked.at, field), problem, "leave it out")


def _reminders(checked: Checked, layer: CycleLayer) -> Iterator[Finding]:
    for index, entry in enumerate(layer.reminders.root if layer.reminders else ()):
        if entry.value and any(after >= before for before, after in pairwise(entry.value.days)):
            at = (*checked.at, "reminders", index, "value", "days")
            right = "the earliest reminder first, as in [30, 15, 7, 1]"
            yield checked.document.finding(at, "the days do not fall", right)


NEEDED_BY_SERVICES = frozenset(
    {LimitName.NOTICE, LimitName.SUPPLEMENT, LimitName.COLLECT, LimitName.HANDLE}
)
HEEDED_BY_SERVICES = NEEDED_BY_SERVICES | {
    LimitName.HANDLE_EXTENSION,
    LimitName.TAKE_BACK,
    LimitName.ASKED_OPINION,
}
"""Where these are not set: nothing is extended or taken back, and an opinion has five days."""


def service_findings(loaded: Loaded[ServicesFile], places: Places) -> Iterator[Finding]:
    """Faults of the list, service by service."""
    file, document = loaded.model, loaded.document
    districts = in_city(places, file.city, Level.DISTRICT).values()
    yield from unheeded(document, (), file.limits, HEEDED_BY_SERVICES)
    for code, service in file.services.items():
        at = ("services", code)
        checked = Checked(
            document=document, at=at, in_force=service.in_force, parts=(file.limits, service)
        )
        yield from checked.needs(("owners",), service.owners)
        yield from checked.needs_limits(NEEDED_BY_SERVICES, file.limits, service.limits)
        yield from checked.needs_hours(districts)
        yield from unheeded(document, at, service.limits, HEEDED_BY_SERVICES)
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


OF_RATINGS = frozenset({LimitName.RATE_CONTACT, LimitName.RATE_SETTLE, LimitName.RATE_COMPLEX})


def check_service_catalogue(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault of ``service`` below the catalogue's root (by default the installed one)."""
    return check_service_tree(read_service_tree(root or files("catalogue")))


def check_service_tree(tree: ServiceTree) -> list[Finding]:
    """Every fault of a folder already read, by file and line."""
    found = [*tree.findings]
    several = (tree.services, tree.cycles, tree.ratings, tree.visits, tree.platforms)
    for loaded in (*several, *tree.kinds.values()):
        if loaded:
            found += _order(loaded.document, loaded.model)
    if tree.platforms:
        found += _platforms(tree.platforms)
    if tree.services:
        found += service_findings(tree.services, tree.places)
    if tree.cycles:
        found += cycle_findings(tree.cycles, tree.places)
    if tree.ratings:
        found += _of_kind(tree.ratings, tree.places, OF_RATINGS)
    for kind, file in tree.kinds.items():
        opens = KINDS[kind].opens
        found += _of_kind(file, tree.places, opens.limits if opens is not None else frozenset())
    if tree.visits:
        found += _visits(tree.visits, tree.places)
    return sorted(set(found))


def _order(document: Document, model: BaseModel) -> Iterator[Finding]:
    for place, timeline in timelines_of(model):
        for index, (before, after) in enumerate(pairwise(timeline.root), start=1):
            if after.since <= before.since:
                yield document.finding(
                    (*place, index, "from"),
                    f"{after.since} does not come after {before.since}",
                    "each entry begins on a later day than the one above it",
                )


def _platforms(loaded: Loaded[PlatformsFile]) -> Iterator[Finding]:
    file, document = loaded.model, loaded.document
    if file.city not in file.platforms:
        right = f"write {file.city}, with level municipal"
        yield document.finding(("platforms",), "no municipal platform", right)
    for district, platform in file.platforms.items():
        at = ("platforms", district)
        if city_of(district) != file.city:
            yield document.finding(at, "of another city", f"a district of {file.city}")
        level = Level.MUNICIPAL if district == file.city else Level.DISTRICT
        if platform.level is not level:
            problem = f"{district} is not {platform.level}"
            yield document.finding((*at, "level"), problem, f"write {level}")


def _of_kind(
    loaded: Loaded[KindFile], places: Places, names: frozenset[LimitName]
) -> Iterator[Finding]:
    file = loaded.model
    checked = Checked(document=loaded.document, in_force=file.in_force, parts=(file,))
    yield from checked.needs_limits(names, file.limits)
    yield from checked.needs_hours(places.values())
    yield from unheeded(loaded.document, (), file.limits, names)
    if isinstance(file, AppointmentsFile):
        yield from checked.needs(("slots",), file.slots)
        yield from _slots(loaded.document, file, places)


def _slots(document: Document, file: AppointmentsFile, places: Places) -> Iterator[Finding]:
    layers: list[tuple[Location, Timeline[SlotsSource]]] = [(("slots",), file.slots)]
    for district, own in file.districts.items():
        layers.append((("districts", district, "slots"), own.slots))
        if district not in places:
            right = one_of(district, places)
            yield document.finding(("districts", district), "unknown district", right)
    for at, line in layers:
        for index, entry in enumerate(line.root):
            sessions = entry.value.sessions if entry.value else ()
            yield from _sessions(document, (*at, index, "value", "sessions"), sessions, file)


def _sessions(
    document: Document, at: Location, sessions: tuple[SessionSource, ...], file: AppointmentsFile
) -> Iterator[Finding]:
    for index, each in enumerate(sessions):
        if each.until <= each.at:
            right = f"later than {each.at}"
            yield document.finding((*at, index, "until"), "it ends before it begins", right)
        for business in each.businesses:
            if business not in file.businesses:
                right = one_of(business, file.businesses)
                yield document.finding((*at, index, "businesses"), "unknown business", right)
        for other in sessions[:index]:
            apart = each.businesses and other.businesses
            if other.at == each.at and not (
                apart and set(each.businesses).isdisjoint(other.businesses)
            ):
                problem = f"another session begins at {each.at} for the same business"
                right = "sessions that begin together have no business in common"
                yield document.finding((*at, index, "at"), problem, right)


def _visits(loaded: Loaded[VisitsFile], places: Places) -> Iterator[Finding]:
    file = loaded.model
    checked = Checked(document=loaded.document, in_force=file.in_force, parts=(file,))
    yield from checked.needs(("sampling",), file.sampling)
    yield from checked.needs_hours(in_city(places, file.city).values())
    for index, entry in enumerate(file.sampling.root):
        if entry.value and entry.value.draw_before <= entry.value.warn_before:
            yield loaded.document.finding(
                ("sampling", index, "value", "draw_before"),
                "the draw does not come before the warning",
                f"more than warn_before, {entry.value.warn_before}",
            )
