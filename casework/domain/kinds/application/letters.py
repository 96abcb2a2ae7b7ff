"""What an event of an application asks of the outside: its notice, and other effects."""

from collections.abc import Mapping

from casework.domain.case.commands import Fault
from casework.domain.case.events import Event, FactCorrected, TakenBack
from casework.domain.case.letters import (
    Effect,
    EffectKind,
    Notice,
    due_of,
    fields_of_correction,
    fields_of_taking_back,
    limit_of,
)
from casework.domain.case.rules import Fields, Letters
from casework.domain.kinds.application import events as ev
from casework.domain.kinds.application.commands import BreachOutcome
from casework.domain.kinds.application.events import ArchiveCalled, Dispatched, ReportedUp
from casework.domain.kinds.application.moves import holds_result
from casework.domain.kinds.application.state import Application, LineStatus
from casework.domain.policy import DeliveryMethod
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, due_on, kind_of


def _list(faults: tuple[Fault, ...]) -> str:
    return "\n".join(fault.text for fault in faults)


def _names(case: Application, *materials: str) -> str:
    return "\n".join(line.name for line in case.lines if line.material in materials)


def letter_of_notice_given(
    body: ev.NoticeGiven, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    limit = limit_of(case, body.supplement, calendar)
    return "one_time_notice", {"faults": _list(body.faults)} | limit


def letter_of_pre_review_passed(
    body: ev.PreReviewPassed, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    if not body.awaits_paper:
        return None
    return "paper_due", {"materials": "\n".join(body.papers)} | limit_of(case, body.paper, calendar)


def letter_of_accepted(
    body: ev.Accepted, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    limit = limit_of(case, body.decide, calendar, "decision_due")
    return "deemed_accepted" if body.deemed else "accepted", {
        "accepted_on": str(body.accepted_on)
    } | limit


def letter_of_not_accepted(
    body: ev.NotAccepted, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    if body.duplicate_of:
        return "duplicate_refused", {"reasons": body.reason, "other": body.duplicate_of}
    return "not_accepted", {"reasons": body.reason, "right_authority": body.right_authority}


def letter_of_lapsed(
    body: ev.Lapsed, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    clock = next(c for c in case.clocks if c.id == body.clock)
    return "lapsed", {"due_on": due_of(clock, calendar), "missing": _list(case.noticed)}


def letter_of_refused(
    body: ev.Refused, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "refused", {"reasons": body.reason}


def letter_of_approved(
    body: ev.Approved, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    if body.publicity is None:
        return _held(case)
    return "publicity", {
        "from_on": str(local_date(event.at)),
    } | limit_of(case, body.publicity, calendar, "until")


def _held(case: Application) -> Notice | None:
    if not holds_result(case):
        return None  # the result itself follows at once
    owed = "\n".join(line.name for line in case.lines if line.is_open)
    return "approved", {"decided_on": str(case.decided_on), "materials": owed}


def letter_of_publicity_ended(
    body: ev.PublicityEnded, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return _held(case)


def letter_of_result_delivered(
    body: ev.ResultDelivered, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    if body.method is DeliveryMethod.EMS:
        return None  # told with the tracking number when it was sent
    return "result_ready", {"method": body.method.value}


def letter_of_withdrawn(
    body: ev.Withdrawn, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "withdrawn", {"withdrawn_on": str(local_date(event.at))}


def letter_of_extended(
    body: ev.Extended, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    limit = limit_of(case, case.clock("decide"), calendar)
    return "extension", {"reasons": body.reason} | limit


def letter_of_clock_stopped(
    body: ev.ClockStopped, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    clock = case.clock("decide")
    cause = clock.suspensions[-1].reason if clock else ""
    return "clock_stopped", {"stopped_on": str(local_date(event.at)), "cause": cause}


def letter_of_clock_resumed(
    body: ev.ClockResumed, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    clock = case.clock("decide")
    due = due_of(clock, calendar)
    if clock is None or not due:
        return None
    return "clock_resumed", {
        "resumed_on": str(local_date(event.at)),
        "cause": clock.suspensions[-1].reason if clock.suspensions else "",
        "decision_due_on": due,
    }


def letter_of_deferral_promised(
    body: ev.DeferralPromised, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    materials = [clock.id.split("#")[0].split(":", 1)[1] for clock in body.clocks]
    limit = limit_of(case, body.clocks[0], calendar)
    return "deferral_granted", {"materials": _names(case, *materials)} | limit


def letter_of_debt_overdue(
    body: ev.DebtOverdue, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    limit = limit_of(case, body.rescue, calendar, "rescue")
    return "deferral_overdue", {"materials": _names(case, body.material)} | limit


def letter_of_debt_breached(
    body: ev.DebtBreached, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    # No promise was made where a measure had deferred the paper: none is broken then.
    template = "deferral_breached" if body.credit else "debt_unpaid"
    return template, {"materials": _names(case, body.material)}


def letter_of_breach_decided(
    body: ev.BreachDecided, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "breach_decided", {
        "outcome": _BREACH[BreachOutcome(body.outcome)],
        "reasons": body.reason,
    }


def letter_of_contact_escalated(
    body: ev.ContactEscalated, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    contact = next(c for c in case.contacts if c.outreach == body.outreach)
    return "contact_failed", {"about": contact.about, "times": str(len(contact.attempts))}


def letter_of_green_refused(
    body: ev.GreenRefused, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "green_refused", {"reasons": body.reason}


_URGENT = "须在外部期限之前办结"


def letter_of_green_opened(
    body: ev.GreenOpened, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    external = case.green.external_on
    code = case.green.reason_code
    known = case.green.cause or ("" if code.isascii() else code)  # a code is nothing to read
    return "green_opened", {
        "reason": known or _URGENT,
        "external_on": str(external) if external else "",
    }


def letter_of_green_requested(
    body: ev.GreenRequested, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return ("green_incomplete", {"missing": "\n".join(body.missing)}) if body.missing else None


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


def letter_of_taken_back(
    body: TakenBack, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "taken_back", fields_of_taking_back(body, case, calendar)


def letter_of_fact_corrected(
    body: FactCorrected, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    return "fact_corrected", fields_of_correction(body, case)


def letter_of_policy_moved(
    body: ev.PolicyMoved, event: Event, case: Application, calendar: WorkingCalendar
) -> Notice | None:
    if not body.told:
        return None
    limits = (limit_of(case, clock, calendar)["due_on"] for clock in body.clocks)
    moved = [
        f"{clock.name}至{due or '（暂停，待定）'}"
        for clock, due in zip(body.clocks, limits, strict=True)
    ]
    return "policy_moved", {
        "after_on": str(body.after_on),
        "reasons": body.reason,
        "limits": "、".join(moved),
        "discharged": _names(case, *body.discharged).replace("\n", "、"),
    }


WAYS = {"contact_failed": (("applicant", "sms"), ("employer", "mail"))}
"""Notices that go their own way, whatever the case's ordinary one is (domain.md §C.15)."""

LETTERS: Letters = {
    TakenBack: letter_of_taken_back,
    FactCorrected: letter_of_fact_corrected,
    ev.NoticeGiven: letter_of_notice_given,
    ev.PolicyMoved: letter_of_policy_moved,
    ev.PreReviewPassed: letter_of_pre_review_passed,
    ev.Accepted: letter_of_accepted,
    ev.NotAccepted: letter_of_not_accepted,
    ev.Lapsed: letter_of_lapsed,
    ev.Refused: letter_of_refused,
    ev.Approved: letter_of_approved,
    ev.PublicityEnded: letter_of_publicity_ended,
    ev.ResultDelivered: letter_of_result_delivered,
    ev.Withdrawn: letter_of_withdrawn,
    ev.Extended: letter_of_extended,
    ev.ClockStopped: letter_of_clock_stopped,
    ev.ClockResumed: letter_of_clock_resumed,
    ev.DeferralPromised: letter_of_deferral_promised,
    ev.DebtOverdue: letter_of_debt_overdue,
    ev.DebtBreached: letter_of_debt_breached,
    ev.BreachDecided: letter_of_breach_decided,
    ev.ContactEscalated: letter_of_contact_escalated,
    ev.GreenRefused: letter_of_green_refused,
    ev.GreenOpened: letter_of_green_opened,
    ev.GreenRequested: letter_of_green_requested,
}


# --- given out on request ------------------------------------------------------------------
# What an applicant takes along, or signs; nobody is sent it.


def receipt_of_submitted(
    body: ev.Submitted, event: Event, case: Application, names: Mapping[str, str]
) -> Notice | None:
    came = dict.fromkeys(names.get(each.code, each.code) for each in body.materials)
    return "receipt", {
        "received_on": str(local_date(body.received_at)),
        "materials": "\n".join(came),
        "count": str(len(came)) if came else "",
    }


def promise_to_sign(
    body: ev.DeferralOffered | ev.DeferralConsented,
    event: Event,
    case: Application,
    names: Mapping[str, str],
) -> Notice | None:
    if isinstance(body, ev.DeferralOffered) and not body.consented:
        return None  # somebody has to consent first
    owed = [line.name for line in case.lines if line.status is LineStatus.CONSENTED]
    return ("deferral_promise", {"materials": "\n".join(owed)}) if owed else None


HANDED: Letters = {
    ev.Submitted: receipt_of_submitted,
    ev.DeferralOffered: promise_to_sign,
    ev.DeferralConsented: promise_to_sign,
}


# --- effects -------------------------------------------------------------------------------
# What an event of an application asks of the outside: the superior, the archive, the post.


def effects(event: Event, case: Application, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """What the event asks for beside its letter."""
    match event.body:
        case ReportedUp():
            fields = {"accepted_on": str(case.accepted_on), "green": str(case.green.is_open)}
            return (Effect(kind=EffectKind.REPORT_UP, seq=event.seq, fields=fields),)
        case ArchiveCalled(archive=clock):
            due = due_on(next(c for c in case.clocks if c.id == clock.id), calendar)
            fields = {"due_on": str(due) if due else ""}
            return (Effect(kind=EffectKind.CALL_ARCHIVE, seq=event.seq, fields=fields),)
        case Dispatched(method=DeliveryMethod.PERSON_CONTACT | DeliveryMethod.UNIT_CONTACT as way):
            account = "unit" if way is DeliveryMethod.UNIT_CONTACT else "person"
            fields = {"account": account}
            return (Effect(kind=EffectKind.RESET_PASSWORD, seq=event.seq, fields=fields),)
        case Dispatched(method=method):
            return (
                Effect(kind=EffectKind.DISPATCH, seq=event.seq, fields={"method": method.value}),
            )
        case _:
            return ()
