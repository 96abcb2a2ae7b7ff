"""Which notice an event asks for, and what it says.

The fields are those that the texts in ``casework.letters.templates`` ask for; dates are ISO,
``*_basis`` is the mark of a limit, so that a proposal is never worded as law.
"""

from functools import singledispatch

from casework.domain.case import events as ev
from casework.domain.case.commands import BreachOutcome, Fault
from casework.domain.case.events import Event
from casework.domain.case.jurisdiction_messages import JurisdictionTransferred
from casework.domain.case.moves import holds_result
from casework.domain.case.state import Case
from casework.domain.kinds.application.state import Application
from casework.domain.policy import DeliveryMethod
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, due_on
from casework.domain.time.ladder import Rung
from casework.domain.time.limits import kind_of

Fields = dict[str, str]
Notice = tuple[str, Fields]


@singledispatch
def notice(body: object, event: Event, case: Case, calendar: WorkingCalendar) -> Notice | None:
    """Template and fields of the notice that an event asks for; most ask for none."""
    return None


def _due(clock: Clock | None, calendar: WorkingCalendar) -> str:
    due = due_on(clock, calendar) if clock is not None else None
    return due.isoformat() if due else ""


def _limit(case: Case, clock: Clock | None, calendar: WorkingCalendar, name: str = "due") -> Fields:
    """``<name>_on`` and ``<name>_basis`` of a limit; while its date is not known, why that is."""
    if clock is None:
        return {}
    # The case's own clock knows what stops it from outside; that of the event does not.
    clock = next((c for c in case.clocks if c.id == clock.id), clock)
    due = _due(clock, calendar)
    fields = {f"{name}_on": due, f"{name}_basis": clock.mark}
    if not due:
        fields |= {f"{name}_basis": "", "paused": clock.stops[-1].reason}
    return fields


def _list(faults: tuple[Fault, ...]) -> str:
    return "\n".join(fault.text for fault in faults)


def _names(case: Application, *materials: str) -> str:
    return "\n".join(line.name for line in case.lines if line.material in materials)


@notice.register
def letter_of_notice_given(
    body: ev.NoticeGiven, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    limit = _limit(case, body.supplement, calendar)
    return "one_time_notice", {"faults": _list(body.faults)} | limit


@notice.register
def letter_of_pre_review_passed(
    body: ev.PreReviewPassed, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    if not body.awaits_paper:
        return None
    return "paper_due", {"materials": "\n".join(body.papers)} | _limit(case, body.paper, calendar)


@notice.register
def letter_of_accepted(
    body: ev.Accepted, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    limit = _limit(case, body.decide, calendar, "decision_due")
    return "deemed_accepted" if body.deemed else "accepted", {
        "accepted_on": str(body.accepted_on)
    } | limit


@notice.register
def letter_of_not_accepted(
    body: ev.NotAccepted, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    if body.duplicate_of:
        return "duplicate_refused", {"reasons": body.reason, "other": body.duplicate_of}
    return "not_accepted", {"reasons": body.reason, "right_authority": body.right_authority}


@notice.register
def letter_of_lapsed(
    body: ev.Lapsed, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    clock = next(c for c in case.clocks if c.id == body.clock)
    return "lapsed", {"due_on": _due(clock, calendar), "missing": _list(case.noticed)}


@notice.register
def letter_of_refused(
    body: ev.Refused, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "refused", {"reasons": body.reason}


@notice.register
def letter_of_approved(
    body: ev.Approved, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    if body.publicity is None:
        return _held(case)
    return "publicity", {
        "from_on": str(local_date(event.at)),
        "until_on": _due(body.publicity, calendar),
        "until_basis": body.publicity.mark,
    }


def _held(case: Application) -> Notice | None:
    if not holds_result(case):
        return None  # the result itself follows at once
    owed = "\n".join(line.name for line in case.lines if line.is_open)
    return "approved", {"decided_on": str(case.decided_on), "materials": owed}


@notice.register
def letter_of_publicity_ended(
    body: ev.PublicityEnded, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return _held(case)


@notice.register
def letter_of_result_delivered(
    body: ev.ResultDelivered, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    if body.method is DeliveryMethod.EMS:
        return None  # told with the tracking number when it was sent
    return "result_ready", {"method": body.method.value}


@notice.register
def letter_of_withdrawn(
    body: ev.Withdrawn, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "withdrawn", {"withdrawn_on": str(local_date(event.at))}


@notice.register
def letter_of_extended(
    body: ev.Extended, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "extension", {"due_on": _due(case.clock("decide"), calendar), "reasons": body.reason}


@notice.register
def letter_of_clock_stopped(
    body: ev.ClockStopped, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    clock = case.clock("decide")
    cause = clock.suspensions[-1].reason if clock else ""
    return "clock_stopped", {"stopped_on": str(local_date(event.at)), "cause": cause}


@notice.register
def letter_of_clock_resumed(
    body: ev.ClockResumed, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    clock = case.clock("decide")
    due = _due(clock, calendar)
    if clock is None or not due:
        return None
    return "clock_resumed", {
        "resumed_on": str(local_date(event.at)),
        "cause": clock.suspensions[-1].reason if clock.suspensions else "",
        "decision_due_on": due,
    }


@notice.register
def letter_of_deferral_promised(
    body: ev.DeferralPromised, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    materials = [clock.id.split("#")[0].split(":", 1)[1] for clock in body.clocks]
    limit = _limit(case, body.clocks[0], calendar)
    return "deferral_granted", {"materials": _names(case, *materials)} | limit


@notice.register
def letter_of_debt_overdue(
    body: ev.DebtOverdue, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    limit = _limit(case, body.rescue, calendar, "rescue")
    return "deferral_overdue", {"materials": _names(case, body.material)} | limit


@notice.register
def letter_of_debt_breached(
    body: ev.DebtBreached, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    # No promise was made where a measure had deferred the paper: none is broken then.
    template = "deferral_breached" if body.credit else "debt_unpaid"
    return template, {"materials": _names(case, body.material)}


@notice.register
def letter_of_limit_begun(
    body: ev.LimitBegun, event: Event, case: Case, calendar: WorkingCalendar
) -> Notice | None:
    clock = next(c for c in case.clocks if c.id == body.clock)
    about = {"name": clock.name, "cause": body.cause, "until_on": str(body.until)}
    return "limit_begun", about | _limit(case, clock, calendar)


@notice.register
def letter_of_jurisdiction_transferred(
    body: JurisdictionTransferred, event: Event, case: Case, calendar: WorkingCalendar
) -> Notice | None:
    return "jurisdiction_transferred", {
        "from": body.from_office,
        "to": body.to_office,
        "reasons": body.reason,
    }


@notice.register
def letter_of_breach_decided(
    body: ev.BreachDecided, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "breach_decided", {
        "outcome": _BREACH[BreachOutcome(body.outcome)],
        "reasons": body.reason,
    }


@notice.register
def letter_of_contact_escalated(
    body: ev.ContactEscalated, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    contact = next(c for c in case.contacts if c.outreach == body.outreach)
    return "contact_failed", {"about": contact.about, "times": str(len(contact.attempts))}


@notice.register
def letter_of_green_refused(
    body: ev.GreenRefused, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "green_refused", {"reasons": body.reason}


@notice.register
def letter_of_green_opened(
    body: ev.GreenOpened, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    external = case.green.external_on
    reason = case.green.cause or case.green.reason_code
    return "green_opened", {"reason": reason, "external_on": str(external) if external else ""}


@notice.register
def letter_of_green_requested(
    body: ev.GreenRequested, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return ("green_incomplete", {"missing": "\n".join(body.missing)}) if body.missing else None


@notice.register
def letter_of_rung_reached(
    body: ev.RungReached, event: Event, case: Case, calendar: WorkingCalendar
) -> Notice | None:
    if body.rung != Rung.REMINDER:
        return None
    clock = next(c for c in case.clocks if c.id == body.clock)
    return reminder(case, clock, {"due_on": _due(clock, calendar), "due_basis": clock.mark})


@singledispatch
def reminder(case: Case, clock: Clock, fields: Fields) -> Notice | None:
    """The reminder of a limit of the applicant's; ``fields`` say when it is due, and how firmly."""
    return None


@reminder.register
def reminder_of_application(case: Application, clock: Clock, fields: Fields) -> Notice | None:
    match kind_of(clock.id):
        case "supplement":
            return "supplement_reminder", fields | {"missing": _list(case.noticed)}
        case "paper":
            return "paper_due", fields | {"materials": "\n".join(case.papers)}
        case _:
            material = clock.id.split("#")[0].split(":", 1)[1]
            return "deferral_reminder", fields | {"materials": _names(case, material)}


_BREACH = {
    BreachOutcome.RETURN: "申请退回",
    BreachOutcome.REVOKE: "撤销已作出的结果",
    BreachOutcome.ACCEPT_LATE: "同意逾期补交，继续办理",
}
