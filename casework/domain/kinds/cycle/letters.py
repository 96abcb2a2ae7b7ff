"""What an event of a cycle asks of the outside: its notice, who is told, other effects."""

from collections.abc import Iterator

from casework.domain.case.events import Event, EventBody, FactCorrected, TakenBack
from casework.domain.case.letters import (
    Effect,
    EffectKind,
    Notice,
    fields_of_correction,
    fields_of_taking_back,
)
from casework.domain.case.rules import Fields, Letters
from casework.domain.kinds.cycle import events as ev
from casework.domain.kinds.cycle.events import (
    CycleEnded,
    CycleExpired,
    CycleRenewed,
    EvaluationGiven,
    EvaluationTakenUp,
    Reclassified,
)
from casework.domain.kinds.cycle.state import Cycle, CycleKind
from casework.domain.talent import CredentialKind
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, due_on, kind_of

_TALENT = ("applicant",)
_EMPLOYER = ("employer",)
_BOTH = ("applicant", "employer")
RECIPIENTS: dict[str, tuple[str, ...]] = {
    "cycle_notice": _EMPLOYER,
    "cycle_notice_again": _EMPLOYER,
    "cycle_reminder": _EMPLOYER,
    "cycle_opinion_kept": _EMPLOYER,
    "cycle_expired": _BOTH,
    "cycle_not_passed": _BOTH,
    "cycle_objection_reminder": _BOTH,
    "cycle_objection_made": _BOTH,
    "cycle_renewed": _BOTH,
    "cycle_ended": _BOTH,
    "cycle_left": _BOTH,
    "cycle_reclassified": _TALENT,
    "cycle_credential": _TALENT,
    "permit_notice": _TALENT,
    "permit_renewed": _TALENT,
    "permit_restored": _TALENT,
    "permit_points_suspended": _TALENT,
    "permit_renewal_open": _TALENT,
    "permit_points_confirmed": _TALENT,
}
"""Template → who is told: the talent or holder (``applicant``), the employer's liaison."""

CREDENTIALS = {CredentialKind.CARD: "人才卡", CredentialKind.CODE: "人才码"}


def _due(case: Cycle, clock: Clock | None, calendar: WorkingCalendar) -> Fields:
    """When a limit is due and how firm it is; nothing while its day is not known."""
    clock = next((c for c in case.clocks if clock is not None and c.id == clock.id), clock)
    due = due_on(clock, calendar) if clock is not None else None
    return {} if clock is None or due is None else {"due_on": str(due), "due_basis": clock.mark}


def letter_of_cycle_notified(
    body: ev.CycleNotified, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    fields = {"ends_on": str(case.ends_on)}
    if case.kind is CycleKind.PERMIT:
        return "permit_notice", fields
    fields |= _due(case, body.opinion, calendar)
    window = case.clock("cycle_window")
    opens_on = due_on(window, calendar) if window is not None else None
    if opens_on is None:
        return "cycle_notice_again", fields
    return "cycle_notice", fields | {"window_on": str(opens_on)}


def letter_of_employer_reminded(
    body: ev.EmployerReminded, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    fields = {"ends_on": str(case.ends_on), "days": str(body.days)}
    return "cycle_reminder", fields | _due(case, case.clock("opinion"), calendar)


def letter_of_evaluation_given(
    body: ev.EvaluationGiven, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    window = case.clock("cycle_window")
    opens_on = due_on(window, calendar) if window is not None else None
    if not body.opinion.early or opens_on is None:
        return None
    return "cycle_opinion_kept", {"window_on": str(opens_on)}


def letter_of_cycle_expired(
    body: ev.CycleExpired, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    fields = {"ends_on": str(case.ends_on)}
    return "cycle_expired", fields | _due(case, case.clock("verify"), calendar)


def letter_of_verification_failed(
    body: ev.VerificationFailed, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    return "cycle_not_passed", {"reasons": body.reason} | _due(case, body.objection, calendar)


def letter_of_objection_made(
    body: ev.ObjectionMade, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    fields = {"made_on": str(local_date(event.at))}
    return "cycle_objection_made", fields | _due(case, body.review, calendar)


def letter_of_cycle_renewed(
    body: ev.CycleRenewed, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    fields = {"starts_on": str(body.starts_on), "ends_on": str(body.ends_on)}
    if case.kind is CycleKind.TALENT:
        return "cycle_renewed", fields
    opens_on = str(body.renewal_opens_on or "")
    return "permit_restored" if body.restored else "permit_renewed", fields | {"opens_on": opens_on}


def letter_of_cycle_ended(
    body: ev.CycleEnded, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    fields = {"reasons": body.reason, "effective_on": str(body.effective_on)}
    return "cycle_left" if body.left else "cycle_ended", fields


def letter_of_reclassified(
    body: ev.Reclassified, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    score = "" if body.score is None else str(body.score)
    fields = {"letter": body.letter or "", "score": score, "reasons": body.reason}
    return "cycle_reclassified", fields


def letter_of_credential_issued(
    body: ev.CredentialIssued, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    issued_on = str(body.credential.issued_on)
    return "cycle_credential", {
        "credential": CREDENTIALS[body.credential.kind],
        "issued_on": issued_on,
    }


def letter_of_points_suspended(
    body: ev.PointsSuspended, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    return "permit_points_suspended", {"ends_on": str(case.ends_on), "since_on": str(body.since)}


def letter_of_renewal_opened(
    body: ev.RenewalOpened, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    return "permit_renewal_open", {"opens_on": str(case.renewal_opens_on or local_date(event.at))}


def letter_of_points_confirmed(
    body: ev.PointsConfirmed, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    return "permit_points_confirmed", {
        "confirmed_on": str(local_date(event.at)),
        "reference": body.reference,
        "ends_on": str(case.ends_on),
    }


def reminder_of_cycle(case: Cycle, clock: Clock, fields: Fields) -> Notice | None:
    return ("cycle_objection_reminder", fields) if kind_of(clock.id) == "objection" else None


def letter_of_taken_back(
    body: TakenBack, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    return "cycle_taken_back", fields_of_taking_back(body, case, calendar)


def letter_of_fact_corrected(
    body: FactCorrected, event: Event, case: Cycle, calendar: WorkingCalendar
) -> Notice | None:
    fields = fields_of_correction(body, case)
    if case.served_until is not None:
        fields["served_until"] = str(case.served_until)
    if case.kind is CycleKind.PERMIT:
        fields["ends_on"] = str(case.ends_on)
    return "cycle_fact_corrected", fields


LETTERS: Letters = {
    TakenBack: letter_of_taken_back,
    FactCorrected: letter_of_fact_corrected,
    ev.CycleNotified: letter_of_cycle_notified,
    ev.EmployerReminded: letter_of_employer_reminded,
    ev.EvaluationGiven: letter_of_evaluation_given,
    ev.CycleExpired: letter_of_cycle_expired,
    ev.VerificationFailed: letter_of_verification_failed,
    ev.ObjectionMade: letter_of_objection_made,
    ev.CycleRenewed: letter_of_cycle_renewed,
    ev.CycleEnded: letter_of_cycle_ended,
    ev.Reclassified: letter_of_reclassified,
    ev.CredentialIssued: letter_of_credential_issued,
    ev.PointsSuspended: letter_of_points_suspended,
    ev.RenewalOpened: letter_of_renewal_opened,
    ev.PointsConfirmed: letter_of_points_confirmed,
}


# --- effects -------------------------------------------------------------------------------
# What an event of a cycle asks of the outside: data checks, and that its requests are told.


def effects(event: Event, case: Cycle, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """What the event asks for beside its letter."""
    return tuple(Effect(kind=kind, seq=event.seq) for kind in _asked(event.body))


def _asked(body: EventBody) -> Iterator[EffectKind]:
    match body:
        case EvaluationGiven(verify=Clock()) | EvaluationTakenUp() | CycleExpired(silent=True):
            yield EffectKind.DATA_CHECK
    match body:
        case CycleExpired() | CycleRenewed() | CycleEnded() | Reclassified():
            yield EffectKind.TELL_REQUESTS
        # What was closed with a cycle runs again with it; the last day of service is another.
        case TakenBack() | FactCorrected(field="left_on"):
            yield EffectKind.TELL_REQUESTS
