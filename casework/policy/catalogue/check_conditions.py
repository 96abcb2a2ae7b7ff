"""A condition speaks of a known fact, in a way that can hold.

A condition on a misspelt fact would never hold, and its material would silently not be asked for.
"""

from collections.abc import Iterator

from casework.domain.policy import FactKind
from casework.policy.catalogue.documents import Document, Finding, Location
from casework.policy.catalogue.naming import one_of
from casework.policy.catalogue.sources import ConditionSource, FactSource
from casework.policy.catalogue.tree import Tree

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
    """Whether fact, operator and value fit each other."""
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
