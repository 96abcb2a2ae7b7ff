"""The letters on mistakes that were mended, to those who had been told of the mistake."""

from casework.domain.case.corrections import NAMES
from casework.domain.case.events import Event
from casework.domain.case.letters import Fields, Notice, notice
from casework.domain.case.mending_events import FactCorrected, TakenBack
from casework.domain.case.state import Case
from casework.domain.case.titles import TITLES
from casework.domain.kinds.application.state import Application
from casework.domain.kinds.cycle.state import Cycle, CycleKind
from casework.domain.policy import Side
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import due_on
from casework.domain.time.ladder import side_of

_BOTH = ("applicant", "employer")
RECIPIENTS: dict[str, tuple[str, ...]] = {
    "request_taken_back": ("applicant",),
    "cycle_taken_back": _BOTH,
    "cycle_fact_corrected": _BOTH,
}
"""Template → who is told: those whom the letter on the closing had told. Those of an application
go to all whom its letters go to."""


@notice.register
def of_taking_back(
    body: TakenBack, event: Event, case: Case, calendar: WorkingCalendar
) -> Notice | None:
    fields = {
        "closed_on": str(body.closed_on),
        "closed_as": TITLES[body.closed_as],
        "reasons": body.reason,
        "stage": case.stage.label,
    }
    fields |= _own_limit(case, calendar) | _decision(case, calendar)
    match case:
        case Application():
            return "taken_back", fields
        case Cycle():
            return "cycle_taken_back", fields
        case _:
            return "request_taken_back", fields


def _own_limit(case: Case, calendar: WorkingCalendar) -> Fields:
    """The next limit of the applicant's; nothing where none runs, or its day is not known."""
    own = [clock for clock in case.running if side_of(clock.id) is Side.APPLICANT]
    known = [(due, clock) for clock in own if (due := due_on(clock, calendar)) is not None]
    if not known:
        return {}
    due, clock = min(known, key=lambda pair: pair[0])
    return {"name": clock.name, "due_on": str(due), "due_basis": clock.mark}


def _decision(case: Case, calendar: WorkingCalendar) -> Fields:
    clock = case.clock("decide") or case.clock("handle")
    due = due_on(clock, calendar) if clock is not None else None
    if clock is None or due is None:
        return {}
    return {"decision_due_on": str(due), "decision_due_basis": clock.mark}


@notice.register
def of_a_correction(
    body: FactCorrected, event: Event, case: Case, calendar: WorkingCalendar
) -> Notice | None:
    fields = {
        "what": NAMES[body.field],
        "was_on": str(body.was),
        "right_on": str(body.value),
        "reasons": body.reason,
    }
    if not isinstance(case, Cycle):
        return "fact_corrected", fields
    if case.served_until is not None:
        fields["served_until"] = str(case.served_until)
    if case.kind is CycleKind.PERMIT:
        fields["ends_on"] = str(case.ends_on)
    return "cycle_fact_corrected", fields
