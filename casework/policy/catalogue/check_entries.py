"""Faults that one file shows by itself or against the vocabulary."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from casework.domain.policy import OF_A_LETTER, DeferralMode, FactKind, Role
from casework.policy.catalogue.documents import Document, Finding, Location, one_of
from casework.policy.catalogue.rules import timelines
from casework.policy.catalogue.sources import (
    CheckSource,
    ConditionSource,
    DeferralSource,
    FactSource,
    GreenSource,
    LimitSource,
    MaterialSource,
    PreconditionSource,
    Timeline,
)
from casework.policy.catalogue.tree import Tree

APPLICATION_FORM = "application_form"
FORM_FILED = "form_filed"

NEVER_DEFERRED = frozenset({"identity_document", APPLICATION_FORM})

POINTS = "PTS_"

AUTHORITY = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERIOR, Role.SUPERVISOR})


def vocabulary_findings(tree: Tree) -> Iterator[Finding]:
    """A choice lists its choices, and nothing else does."""
    if tree.vocabulary is None:
        return
    document = tree.vocabulary.document
    for code, fact in tree.vocabulary.model.facts.items():
        if bool(fact.choices) != (fact.kind is FactKind.CHOICE):
            place = ("facts", code, "choices")
            yield document.finding(
                place, f"a {fact.kind} has the wrong choices", "only a choice lists choices"
            )


def profile_findings(tree: Tree) -> Iterator[Finding]:
    """The folder is a division code, and the timelines run forwards."""
    for district, profile in tree.profiles.items():
        if not (district.isdecimal() and len(district) == 6):  # noqa: PLR2004  GB/T 2260
            file, right = f"districts/{district}", "name the folder by the six-digit division code"
            yield Finding(
                file=file, line=1, field="(file)", problem="unknown district", right=right
            )
        if profile:
            for field in ("channels", "office_hours", "postal_address"):
                timeline = getattr(profile.model, field)
                if timeline:
                    yield from _order(profile.document, (field,), timeline)


def layer_findings(tree: Tree) -> Iterator[Finding]:
    """Faults of the defaults, the items and the overlays, entry by entry."""
    for district, code in tree.overlays:
        if code not in tree.items:
            file = f"districts/{district}/{code}.yaml"
            right = one_of(code, tree.items)
            yield Finding(file=file, line=1, field="(file)", problem="unknown item", right=right)
    for item, loaded in tree.layers():
        for place, timeline in timelines(loaded.model):
            yield from _order(loaded.document, place, timeline)
            for index, entry in enumerate(timeline.root):
                if entry.value is not None:
                    here = (*place, index, "value")
                    yield from _value(tree, loaded.document, item, here, entry.value)


def _order(document: Document, place: Location, timeline: Timeline[Any]) -> Iterator[Finding]:
    for index, (before, after) in enumerate(pairwise(timeline.root), start=1):
        if after.since <= before.since:
            yield document.finding(
                (*place, index, "from"),
                f"{after.since} does not come after {before.since}",
                "each entry begins on a later day than the one above it",
            )


def _value(
    tree: Tree, document: Document, item: str, place: Location, value: object
) -> Iterator[Finding]:
    match value:
        case MaterialSource():
            yield from _material(tree, document, place, value)
        case PreconditionSource():
            yield from condition_findings(tree, document, (*place, "condition"), value.condition)
        case CheckSource():
            yield from _measureone_of(tree, document, (*place, "skipped_by"), value.skipped_by)
            yield from _conditions(tree, document, place, value)
        case GreenSource():
            yield from _consent(document, (*place, "consent"), value.consent)
        case LimitSource() if value.runs_from and place[1] not in OF_A_LETTER:
            right = f"only these may have it: {', '.join(sorted(OF_A_LETTER))}"
            yield document.finding(
                (*place, "runs_from"), "no letter tells of this limit when it begins", right
            )
        case str() if place[0] == "entitlement":
            yield from _entitlement(tree, document, place, value)
        case True if place[0] == "publicity" and item.startswith(POINTS):
            yield document.finding(
                place, "points have no publicity", "write false (domain.md C.1: HJ_TAL, HJ_RES)"
            )


def _entitlement(tree: Tree, document: Document, place: Location, fact: str) -> Iterator[Finding]:
    facts = tree.vocabulary.model.facts if tree.vocabulary else {}
    dates = [name for name, each in facts.items() if each.kind is FactKind.DATE]
    if facts and fact not in dates:
        yield document.finding(place, f"{fact} is no date that a form states", one_of(fact, dates))


def _material(
    tree: Tree, document: Document, place: Location, value: MaterialSource
) -> Iterator[Finding]:
    code = str(place[1])
    known = tree.vocabulary.model.materials if tree.vocabulary else None
    if known is not None and code not in known:
        yield document.finding(place[:2], "unknown material", one_of(code, known))
    for index, other in enumerate(value.alternatives):
        here = (*place, "alternatives", index)
        if other == code:
            yield document.finding(here, "its own alternative", "name another material")
        elif known is not None and other not in known:
            yield document.finding(here, f"unknown material {other}", one_of(other, known))
    if code in NEVER_DEFERRED and not value.main:
        yield document.finding(
            (*place, "main"), f"{code} is a main material everywhere", "write main: true"
        )
    if value.deferral:
        yield from _deferral(document, (*place, "deferral"), value, value.deferral)
    yield from _measureone_of(tree, document, (*place, "waived_by"), value.waived_by)
    yield from _conditions(tree, document, place, value)


def _deferral(
    document: Document, place: Location, material: MaterialSource, deferral: DeferralSource
) -> Iterator[Finding]:
    if material.main or place[1] in NEVER_DEFERRED:
        yield document.finding(
            place,
            "a main material is never deferred (domain.md B.4)",
            "leave deferral out, or write main: false if it is a secondary material",
        )
    if DeferralMode.RESULT_FIRST in deferral.modes and Role.SUPERIOR not in deferral.consent:
        yield document.finding(
            (*place, "consent"),
            "result_first without the superior (domain.md C.3)",
            "add superior, or leave result_first out of modes",
        )
    yield from _consent(document, (*place, "consent"), deferral.consent)


def _consent(document: Document, place: Location, roles: Iterable[Role]) -> Iterator[Finding]:
    for index, role in enumerate(roles):
        if role not in AUTHORITY:
            right = f"one of: {', '.join(sorted(AUTHORITY))}"
            yield document.finding((*place, index), f"{role} cannot consent", right)


def _conditions(
    tree: Tree, document: Document, place: Location, value: MaterialSource | CheckSource
) -> Iterator[Finding]:
    for index, condition in enumerate(value.when):
        yield from condition_findings(tree, document, (*place, "when", index), condition)


def _measureone_of(
    tree: Tree, document: Document, place: Location, effect: str | None
) -> Iterator[Finding]:
    if effect is not None and effect not in tree.measures:
        yield document.finding(place, f"unknown measure {effect}", one_of(effect, tree.measures))


_KINDS = {
    "truthy": frozenset(FactKind),
    "falsy": frozenset(FactKind),
    "eq": frozenset({FactKind.FLAG, FactKind.NUMBER, FactKind.CHOICE}),
    "ne": frozenset({FactKind.FLAG, FactKind.NUMBER, FactKind.CHOICE}),
    "in": frozenset({FactKind.CHOICE}),
    "ge": frozenset({FactKind.NUMBER}),
    "le": frozenset({FactKind.NUMBER}),
    "months_left_ge": frozenset({FactKind.DATE}),
    "working_days_since_ge": frozenset({FactKind.DATE}),
}


def condition_findings(
    tree: Tree, document: Document, place: Location, condition: ConditionSource
) -> Iterator[Finding]:
    """Whether fact, operator and value fit each other.

    A condition on a misspelt fact would never hold, and its material would silently not be asked
    for.
    """
    if tree.vocabulary is None:
        return
    facts = tree.vocabulary.model.facts
    fact = facts.get(condition.fact)
    if fact is None:
        problem = f"unknown fact {condition.fact}"
        yield document.finding((*place, "fact"), problem, one_of(condition.fact, facts))
    elif fact.kind not in _KINDS[condition.op]:
        yield document.finding(
            (*place, "op"),
            f"{condition.op} does not suit {condition.fact}, a {fact.kind}",
            f"one of: {', '.join(op for op, kinds in _KINDS.items() if fact.kind in kinds)}",
        )
    else:
        right = _right_value(condition, fact)
        if right:
            problem = f"{condition.value!r} cannot be compared with {condition.fact}"
            yield document.finding((*place, "value"), problem, right)


def _right_value(condition: ConditionSource, fact: FactSource) -> str:
    """What the value should be, or nothing where it is right."""
    value = condition.value
    if condition.op in {"truthy", "falsy"}:
        return "" if value is None else f"{condition.op} takes no value"
    if condition.op == "in":
        listed = value if isinstance(value, tuple) else ()
        right = f"a list out of: {', '.join(fact.choices)}"
        return "" if listed and set(listed) <= set(fact.choices) else right
    if fact.kind is FactKind.FLAG:
        return "" if isinstance(value, bool) else "true or false"
    if fact.kind is FactKind.CHOICE:
        return "" if value in fact.choices else one_of(str(value), fact.choices)
    return "" if type(value) is int and value >= 0 else "a whole number, 0 or more"
