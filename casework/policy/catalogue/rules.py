"""From an entry of the files to the rule that the domain knows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.domain.policy import (
    CheckKind,
    CheckRule,
    Condition,
    DeferralRule,
    GreenRule,
    Limit,
    Mark,
    MaterialRule,
    Precondition,
    Provenance,
    Unit,
)
from casework.policy.catalogue.documents import Location
from casework.policy.catalogue.sources import (
    ConditionSource,
    Dated,
    DeferralSource,
    Layer,
    MaterialName,
    Timeline,
)

PLAIN = (
    "legal_category",
    "right_authority",
    "channels",
    "needs_paper",
    "decider",
    "publicity",
    "delivery",
    "entitlement",
    "recipients",
)
"""Values without a reference of their own in the snapshot."""


@dataclass(frozen=True, kw_only=True)
class InForce:
    """A value on a day when it holds; what it is, its field says."""

    value: Any
    since: date
    reference: str
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The layers of one item in one district, lowest first.

    A layer that has begun to speak on a matter hides the layers below it from that day on, with
    a value or with the null that repeals it.
    """

    layers: tuple[Layer, ...]

    def value(self, name: str, day: date) -> InForce | None:
        """The entry of that field in force, or None if there is none or it is repealed."""
        return _top([getattr(layer, name) for layer in self.layers], day)

    def required(self, name: str, day: date) -> InForce:
        """The same where the check has made sure of it; raises LookupError otherwise."""
        entry = self.value(name, day)
        if entry is None:
            raise LookupError(f"{name}: no value on {day}")
        return entry

    def group(self, name: str, day: date) -> dict[str, InForce]:
        """The entries in force of a group such as ``limits``, in the order of the files."""
        groups: list[dict[str, Timeline[Any]]] = [getattr(layer, name) for layer in self.layers]
        keys = dict.fromkeys(key for group in groups for key in group)
        entries = ((key, _top([group.get(key) for group in groups], day)) for key in keys)
        return {key: entry for key, entry in entries if entry is not None}

    def days(self) -> list[date]:
        """Every day on which something changes."""
        return sorted({entry.since for layer in self.layers for entry in _entries(layer)})

    def is_in_force(self, day: date) -> bool:
        """Whether the item is offered that day."""
        entry = self.value("in_force", day)
        return bool(entry and entry.value)

    def days_in_force(self) -> list[date]:
        """Those of ``days`` on which the item is offered."""
        return [day for day in self.days() if self.is_in_force(day)]


def _top(timelines: Iterable[Timeline[Any] | None], day: date) -> InForce | None:
    """What the topmost layer that has begun to speak says."""
    spoken = [entry for timeline in timelines if timeline and (entry := timeline.at(day))]
    return in_force(spoken[-1]) if spoken else None


def in_force(entry: Dated[Any]) -> InForce | None:
    """An entry as a value with its origin, or None if it repeals."""
    if entry.value is None:
        return None
    return InForce(value=entry.value, since=entry.since, reference=entry.reference, mark=entry.mark)


def timelines(layer: Layer) -> Iterator[tuple[Location, Timeline[Any]]]:
    """Every timeline of a layer with its place in the file."""
    for name in Layer.model_fields:
        held = getattr(layer, name)
        if isinstance(held, dict):
            yield from (((name, str(key)), timeline) for key, timeline in held.items())
        elif held is not None:
            yield (name,), held


def _entries(layer: Layer) -> Iterator[Dated[Any]]:
    for _, timeline in timelines(layer):
        yield from timeline.root


def limit(entry: InForce) -> Limit:
    return Limit(
        unit=Unit(entry.value.unit),
        amount=entry.value.amount,
        rolls_forward=entry.value.rolls_forward,
        grace=entry.value.grace,
        runs_from=entry.value.runs_from,
        since=entry.since,
        **_origin(entry),
    )


def material(code: str, named: MaterialName, entry: InForce) -> MaterialRule:
    return MaterialRule(
        code=code,
        name=named.name,
        form=named.form,
        main=entry.value.main,
        when=_conditions(entry.value.when),
        alternatives=entry.value.alternatives,
        deferral=_deferral(entry.value.deferral),
        **_origin(entry),
    )


def precondition(code: str, entry: InForce) -> Precondition:
    (condition,) = _conditions([entry.value.condition])
    return Precondition(code=code, text=entry.value.text, condition=condition, **_origin(entry))


def check(kind: str, entry: InForce) -> CheckRule:
    return CheckRule(
        kind=CheckKind(kind),
        when=_conditions(entry.value.when),
        skipped_by=entry.value.skipped_by,
        **_origin(entry),
    )


def green(entry: InForce) -> GreenRule:
    return GreenRule(
        requesters=entry.value.requesters,
        consent=entry.value.consent,
        evidence=entry.value.evidence,
        horizon_days=entry.value.horizon_days,
        **_origin(entry),
    )


def provenance(entry: InForce) -> Provenance:
    return Provenance(since=entry.since, **_origin(entry))


def _origin(entry: InForce) -> dict[str, Any]:
    return {"reference": entry.reference, "mark": entry.mark}


def _conditions(sources: Iterable[ConditionSource]) -> tuple[Condition, ...]:
    return tuple(
        Condition(fact=source.fact, op=source.op, value=source.value) for source in sources
    )


def _deferral(source: DeferralSource | None) -> DeferralRule | None:
    if source is None:
        return None
    return DeferralRule(
        consent=source.consent, modes=source.modes, reference=source.reference, mark=source.mark
    )
