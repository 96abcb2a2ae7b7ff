"""Faults of the two cycles, for the city and for each district that differs."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.policy import LimitName
from casework.policy.catalogue.documents import Finding
from casework.policy.catalogue.naming import one_of
from casework.policy.catalogue.tree import Loaded
from casework.policy.service_catalogue.checked import Checked, Places, in_city, unheeded
from casework.policy.service_catalogue.sources import CycleLayer, CyclesFile

NEEDED = {
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
    yield from checked.needs_limits(NEEDED[kind], *(layer.limits for layer in layers))
    mendable = {LimitName.TAKE_BACK} if kind is CycleKind.TALENT else set()
    yield from unheeded(checked.document, checked.at, own.limits, NEEDED[kind] | mendable)
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
