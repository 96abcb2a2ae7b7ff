"""Which materials this case needs, which are missing, and what else is wrong with a package."""

from collections.abc import Iterable, Mapping
from datetime import date

from casework.domain.case.commands import Fault
from casework.domain.kinds.application.state import Application, Claim
from casework.domain.policy import Condition, MaterialForm, MaterialRule, ServiceItem
from casework.domain.time.calendar import WorkingCalendar, add_months

CERTAINLY_LESS, LONGEST_REST = 2, 60
"""So many calendar days, and more, hold a number of working days whatever the notices say."""
AT_HAND = frozenset({MaterialForm.ELECTRONIC})
ON_PAPER = frozenset({MaterialForm.PAPER, MaterialForm.ORIGINAL})


def holds(
    condition: Condition, claims: Mapping[str, Claim], on: date, calendar: WorkingCalendar
) -> bool:
    """Whether a condition holds on that day.

    A missing or unreadable fact never holds, except under ``falsy``.
    """
    fact = claims.get(condition.fact)
    if condition.op == "falsy":
        return not fact
    if fact is None:
        return False
    value = condition.value
    match condition.op:
        case "truthy":
            return bool(fact)
        case "eq":
            return fact == value
        case "ne":
            return fact != value
        case "in":
            return isinstance(value, tuple | list) and fact in value
        case "ge" | "le":
            if not isinstance(fact, int) or not isinstance(value, int):
                return False
            return fact >= value if condition.op == "ge" else fact <= value
        case "months_left_ge" | "working_days_since_ge":
            # A date is written as text, never as a number.
            return isinstance(fact, str) and _date_holds(condition, fact, on, calendar)
        case unknown:
            raise ValueError(f"condition on {condition.fact}: unknown op {unknown!r}")


def _date_holds(condition: Condition, fact: str, on: date, calendar: WorkingCalendar) -> bool:
    try:
        day = date.fromisoformat(fact)
    except ValueError:
        return False
    amount = int(condition.value) if isinstance(condition.value, int) else 0
    if condition.op == "months_left_ge":
        return day >= add_months(on, amount)
    if (on - day).days > CERTAINLY_LESS * amount + LONGEST_REST:
        return True  # years ago, say: no calendar has to reach as far back
    return on >= calendar.shift(day, amount)


def required(
    item: ServiceItem, claims: Mapping[str, Claim], on: date, calendar: WorkingCalendar
) -> tuple[MaterialRule, ...]:
    """The materials this applicant must hand in, by condition (domain.md §B.3)."""
    return tuple(
        rule
        for rule in item.materials
        if all(holds(condition, claims, on, calendar) for condition in rule.when)
    )


def missing(  # noqa: PLR0913 - a question about one applicant on one day
    item: ServiceItem,
    claims: Mapping[str, Claim],
    have: Iterable[str],
    on: date,
    calendar: WorkingCalendar,
    *,
    forms: frozenset[MaterialForm],
) -> tuple[MaterialRule, ...]:
    """Required materials of these forms for which neither they nor an alternative are there."""
    there = set(have)
    return tuple(
        rule
        for rule in required(item, claims, on, calendar)
        if rule.form in forms and rule.code not in there and not there & set(rule.alternatives)
    )


def package_faults(
    item: ServiceItem,
    claims: Mapping[str, Claim],
    have: Iterable[str],
    on: date,
    calendar: WorkingCalendar,
) -> tuple[Fault, ...]:
    """All that the format and precondition check finds.

    The officer cannot leave any of it out of the one-time notice.
    """
    broken = tuple(
        Fault(code=rule.code, about=rule.condition.fact, text=rule.text)
        for rule in item.preconditions
        if not holds(rule.condition, claims, on, calendar)
    )
    absent = tuple(
        Fault(code="MATERIAL_MISSING", about=rule.code, text=f"缺少材料：{rule.name}")
        for rule in missing(item, claims, have, on, calendar, forms=AT_HAND)
    )
    return broken + absent


def received_codes(case: Application) -> set[str]:
    """Codes of the materials in the file."""
    return {material.received.code for material in case.materials}


def owed_codes(case: Application) -> set[str]:
    """Codes of the materials promised or deferred, whose absence is no fault."""
    return {line.material for line in case.lines if line.is_open}


def paper_missing(
    item: ServiceItem,
    case: Application,
    arrived: Iterable[str],
    on: date,
    calendar: WorkingCalendar,
) -> tuple[MaterialRule, ...]:
    """Paper and originals still to come before acceptance; what is owed does not count."""
    have = received_codes(case) | owed_codes(case) | set(arrived) | set(case.excused)
    return missing(item, case.claims, have, on, calendar, forms=ON_PAPER)
