"""The facts that a form states, checked; and numbers of persons and firms as facts of their own."""

from collections.abc import Mapping
from datetime import date

from api.edge.problems import invalid
from casework.domain.identifiers import IdentifierError, check_citizen_id, check_credit_code
from casework.domain.kinds.application.state import Claim
from casework.domain.time.dates import FIRST_DAY, LAST_DAY, is_usable
from casework.policy.catalogue.sources import FactKind, FactSource

LARGEST_NUMBER = 1_000_000

ID_NUMBER_INVALID = "id_number_invalid"
EMPLOYER_CODE_INVALID = "employer_code_invalid"


def id_number(written: str, on: date) -> tuple[str, dict[str, Claim]]:
    """The number in the form by which it is compared, and the claim that it is wrong, if so."""
    try:
        return check_citizen_id(written, on).number, {}
    except IdentifierError:
        return written, {ID_NUMBER_INVALID: True}


def credit_code_fault(written: str | None) -> dict[str, Claim]:
    """The claim that the number of a firm is wrong, if it is."""
    if written is None:
        return {}
    try:
        check_credit_code(written)
    except IdentifierError:
        return {EMPLOYER_CODE_INVALID: True}
    return {}


def checked(
    claims: Mapping[str, Claim], facts: Mapping[str, FactSource], on: date
) -> dict[str, Claim]:
    """The claims, if each is a fact of the catalogue and of its kind; else a 422 problem.

    ``on`` is the day of receipt, in Asia/Shanghai: what has happened cannot be later.
    """
    for name, value in claims.items():
        if name not in facts or name in {ID_NUMBER_INVALID, EMPLOYER_CODE_INVALID}:
            known = "、".join(sorted(facts))
            raise invalid(f"claims.{name}", f"事项目录中没有此事实，可用：{known}", "UNKNOWN_FACT")
        if fault := _fault(value, facts[name], on):
            raise invalid(f"claims.{name}", f"{facts[name].name}：{fault}", "FACT_INVALID")
    return dict(claims)


def _fault(value: Claim, fact: FactSource, on: date) -> str:
    """What is wrong with the value of a fact; empty if nothing."""
    match fact.kind:
        case FactKind.FLAG:
            return "" if isinstance(value, bool) else "须是 true 或 false"
        case FactKind.NUMBER:
            fits = type(value) is int and abs(value) <= LARGEST_NUMBER
            return "" if fits else f"须是 {LARGEST_NUMBER} 以内的整数"
        case FactKind.DATE:
            return _fault_of_date(value, fact, on)
        case FactKind.CHOICE:
            fits = isinstance(value, str) and value in fact.choices
            return "" if fits else "须是以下之一：" + "、".join(fact.choices)


def _fault_of_date(value: Claim, fact: FactSource, on: date) -> str:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        return "须是日期，如 2026-09-17"
    if not is_usable(day):
        return f"须在 {FIRST_DAY.year} 年至 {LAST_DAY.year} 年之间"
    if fact.past and day > on:
        return f"不能晚于收件日（{on}）"
    return ""
