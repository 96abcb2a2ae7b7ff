"""Days of facts: refused where they cannot be, corrected where they were registered wrongly.

A correction names the event and the field; the event before stays as it is, and what hangs on the
day follows: the last day of service, the credential, the limits of a permit's year.
"""

from dataclasses import replace
from datetime import date

from casework.domain.case.commands import CorrectFact
from casework.domain.case.events import Event, EventBody, FactCorrected
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_text
from casework.domain.case.kind import Corrections, Day, kind_of_case
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Case, DatedFact, M
from casework.domain.errors import DomainError


def label_of_day(case: Case, name: str) -> str:
    """The field of a day that may be corrected, in the words of a clerk."""
    return _of(case).day(name).label


def _of(case: Case) -> Corrections:
    corrections = kind_of_case(case).corrections
    if corrections is None:
        raise TypeError(f"no day of a {type(case).__name__} is corrected")
    return corrections


def with_facts(case: M, event: Event) -> M:
    """The state with the days that its last event tells of; those of before it stay.

    A permit's renewal takes the place of the one before: that year is over.
    """
    known = kind_of_case(case).corrections
    if known is None or not case.by_date:
        return case
    new = tuple(DatedFact(seq=event.seq, field=f, day=day) for f, day in known.stated(event.body))
    over = known.replaced & {fact.field for fact in new}
    kept = tuple(fact for fact in case.dated if fact.field not in over)
    return replace(case, dated=kept + new) if new else case


# --- what cannot be ------------------------------------------------------------------------


def require_not_before(day: date, first: date | None, name: Day, since: str) -> None:
    """Refuse with ``DATE_TOO_EARLY`` a day before ``first``; None: nothing is known."""
    if first is not None and day < first:
        raise DomainError("DATE_TOO_EARLY", f"{name.label}不能早于{since}（{first}）", name.field)


def _require_come(day: date, facts: Occasion, name: Day) -> None:
    """Refuse with ``DATE_IN_FUTURE`` what is said to have happened after today."""
    if day > facts.today:
        raise DomainError("DATE_IN_FUTURE", f"{name.label}不能在今天之后", name.field)


# --- what is decided -----------------------------------------------------------------------


def correct(command: CorrectFact, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    require_text(command.reason, "reason", "更正的理由")
    fact = next((f for f in case.dated if (f.seq, f.field) == (command.seq, command.field)), None)
    if fact is None:
        there = "、".join(f"{f.seq} {f.field}（{f.day}）" for f in case.dated) or "无"
        raise DomainError("FACT_UNKNOWN", f"没有可以更正的此项日期，可更正：{there}", "field")
    if command.value == fact.day:
        raise DomainError("DATE_UNCHANGED", f"登记的日期就是 {fact.day}", "value")
    known = _of(case).day(fact.field)
    if not known.future:
        _require_come(command.value, facts, known)
    corrected = FactCorrected(
        corrected_seq=fact.seq,
        field=fact.field,
        was=fact.day,
        value=command.value,
        reason=command.reason,
    )
    return (known.checked(corrected, case, facts),)


# --- how the state follows -----------------------------------------------------------------


def corrected(body: FactCorrected, case: Case, event: Event) -> Case:
    facts = tuple(
        replace(f, day=body.value) if (f.seq, f.field) == (body.corrected_seq, body.field) else f
        for f in case.dated
    )
    case = replace(case, dated=facts)
    return _of(case).corrected(case, body, event)


DECISIONS: Decisions = {
    CorrectFact: correct,
}
EVOLUTIONS: Evolutions = {
    FactCorrected: corrected,
}
