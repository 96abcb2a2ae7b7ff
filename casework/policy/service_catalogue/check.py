"""All faults of the files of talent service at once, each with its line and what is right."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel

from casework.domain.orders import city_of
from casework.domain.policy import LimitName
from casework.domain.talent import Level
from casework.policy.catalogue.documents import Document, Finding
from casework.policy.catalogue.tree import Loaded
from casework.policy.service_catalogue.check_cycles import cycle_findings
from casework.policy.service_catalogue.check_services import service_findings
from casework.policy.service_catalogue.checked import Checked, Places, in_city, unheeded
from casework.policy.service_catalogue.dated import timelines_of
from casework.policy.service_catalogue.sources import PlatformsFile, RatingsFile, VisitsFile
from casework.policy.service_catalogue.tree import ServiceTree, read_service_tree

OF_RATINGS = frozenset({LimitName.RATE_CONTACT, LimitName.RATE_SETTLE, LimitName.RATE_COMPLEX})


def check_service_catalogue(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault of ``service`` below the catalogue's root (by default the installed one)."""
    return check_service_tree(read_service_tree(root or files("catalogue")))


def check_service_tree(tree: ServiceTree) -> list[Finding]:
    """Every fault of a folder already read, by file and line."""
    found = [*tree.findings]
    for loaded in (tree.services, tree.cycles, tree.ratings, tree.visits, tree.platforms):
        if loaded:
            found += _order(loaded.document, loaded.model)
    if tree.platforms:
        found += _platforms(tree.platforms)
    if tree.services:
        found += service_findings(tree.services, tree.places)
    if tree.cycles:
        found += cycle_findings(tree.cycles, tree.places)
    if tree.ratings:
        found += _ratings(tree.ratings, tree.places)
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


def _ratings(loaded: Loaded[RatingsFile], places: Places) -> Iterator[Finding]:
    file = loaded.model
    checked = Checked(document=loaded.document, in_force=file.in_force, parts=(file,))
    yield from checked.needs_limits(OF_RATINGS, file.limits)
    yield from checked.needs_hours(places.values())
    yield from unheeded(loaded.document, (), file.limits, OF_RATINGS)


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
