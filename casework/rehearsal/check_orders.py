"""Orders and absences of a scenario that name what there is not."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from casework.rehearsal import raw
from casework.rehearsal.check_step import person_problem
from casework.rehearsal.faults import Place, Problem, one_of
from casework.rehearsal.registry import Registry


def order_problems(
    step: Mapping[str, Any], place: Place, registry: Registry, people: Collection[str]
) -> Iterator[Problem]:
    """Names that nobody has; what the step expects to be refused may be anything."""
    absent = raw.mapping(step.get("absent"))
    yield from person_problem(absent.get("officer"), (*place, "absent", "officer"), people)
    first_on, last_on = raw.day(absent.get("first_on")), raw.day(absent.get("last_on"))
    if first_on and last_on and last_on < first_on:
        at = (*place, "absent", "last_on")
        yield Problem(place=at, what="早于 first_on", right=f"不早于 {first_on}")
    order, at = raw.mapping(step.get("order")), (*place, "order")
    if step.get("refused"):
        return
    yield from person_problem(order.get("approved_by"), (*at, "approved_by"), people)
    effect, effects = raw.text(order.get("effect")), registry.catalogue.effects()
    if effect and effect not in effects:
        yield Problem(
            place=(*at, "effect"), what=f"没有措施 {effect}", right=one_of(effect, effects)
        )
    items = {*registry.catalogue.items(), *registry.services.services()}
    for item_place, item in raw.entries(order.get("items"), (*at, "items")):
        if isinstance(item, str) and item not in items:
            yield Problem(place=item_place, what=f"没有事项 {item}", right=one_of(item, items))
