"""From an entry of the files to the rule that the domain knows."""

from collections.abc import Iterable
from typing import Any

from casework.domain.policy import (
    CheckKind,
    CheckRule,
    Condition,
    DeferralRule,
    GreenRule,
    Limit,
    MaterialRule,
    Precondition,
    Provenance,
    Unit,
)
from casework.policy.catalogue.layers import InForce
from casework.policy.catalogue.sources import ConditionSource, DeferralSource, MaterialName


def limit(entry: InForce) -> Limit:
    return Limit(
        unit=Unit(entry.value.unit),
        amount=entry.value.amount,
        rolls_forward=entry.value.rolls_forward,
        grace=entry.value.grace,
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
