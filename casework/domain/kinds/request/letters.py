"""The notices of a service request: which event asks for which, and what it says.

All go to the talent, or to the liaison who filed for them. A text names dates and, by ``*_basis``,
how firm they are: the standard's 规定时限 has no number, so no limit here is worded as law.
"""

from casework.domain.case.commands import Fault
from casework.domain.case.events import Event, TakenBack
from casework.domain.case.letters import Notice, fields_of_taking_back
from casework.domain.case.rules import Fields, Letters
from casework.domain.kinds.request import events as ev
from casework.domain.kinds.request.state import Request
from casework.domain.talent import StandingStatus
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, due_on, kind_of

RECIPIENTS: dict[str, tuple[str, ...]] = dict.fromkeys(
    (
        "request_received",
        "request_on_hold",
        "request_released",
        "request_notice",
        "request_accepted",
        "request_deemed_accepted",
        "request_moved",
        "request_extended",
        "request_result",
        "request_explained",
        "request_transferred",
        "request_lapsed",
        "request_closed",
        "request_withdrawn",
        "request_supplement_reminder",
        "request_collect_reminder",
    ),
    ("applicant",),
)


def _limit(
    case: Request, clock: Clock | None, calendar: WorkingCalendar, name: str = "due"
) -> Fields:
    """``<name>_on`` and ``<name>_basis`` of a limit; while its date is not known, why that is."""
    # The case's own clock knows what stops it from outside; that of the event does not.
    own = next((c for c in case.clocks if clock is not None and c.id == clock.id), None)
    if own is None:
        return {}
    due = due_on(own, calendar)
    if due is None:
        return {"paused": own.stops[-1].reason}
    return {f"{name}_on": due.isoformat(), f"{name}_basis": own.mark}


def _list(faults: tuple[Fault, ...]) -> str:
    return "\n".join(fault.text for fault in faults)


def _first_limit(
    body: ev.RequestFiled | ev.RequestReleased, case: Request, calendar: WorkingCalendar
) -> Fields:
    return _limit(case, body.notice, calendar, "notice") | _limit(
        case, body.collect, calendar, "collect"
    )


def letter_of_request_filed(
    body: ev.RequestFiled, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    fields = {"received_on": str(local_date(body.received_at)), "need": body.need}
    match body.standing.status:
        case StandingStatus.ACTIVE:
            return "request_received", fields | _first_limit(body, case, calendar)
        case StandingStatus.ON_HOLD:
            return "request_on_hold", fields
        case _:
            return None  # closed at once, and told so


def letter_of_request_released(
    body: ev.RequestReleased, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    released = {"released_on": str(local_date(event.at))}
    return "request_released", released | _first_limit(body, case, calendar)


def letter_of_request_notice_given(
    body: ev.RequestNoticeGiven, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    limit = _limit(case, body.supplement, calendar)
    return "request_notice", {"faults": _list(body.faults)} | limit


def letter_of_request_accepted(
    body: ev.RequestAccepted, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    return "request_deemed_accepted" if body.deemed else "request_accepted", {
        "accepted_on": str(body.accepted_on),
        "body": body.body.name if body.body else "",
    } | _limit(case, body.handle, calendar)


def letter_of_body_assigned(
    body: ev.BodyAssigned, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    if body.body is None:
        return None
    limit = _limit(case, case.clock("handle"), calendar)
    return "request_moved", {"body": body.body.name, "reasons": body.reason} | limit


def letter_of_handling_extended(
    body: ev.HandlingExtended, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    limit = _limit(case, case.clock("handle"), calendar)
    return "request_extended", {"reasons": body.reason} | limit


def letter_of_result_fed_back(
    body: ev.ResultFedBack, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    return "request_result", {"result": body.result}


def letter_of_need_explained(
    body: ev.NeedExplained, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    return "request_explained", {"reasons": body.reason}


def letter_of_need_transferred(
    body: ev.NeedTransferred, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    return "request_transferred", {"to": body.to, "reasons": body.reason}


def letter_of_request_lapsed(
    body: ev.RequestLapsed, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    clock = next(c for c in case.clocks if c.id == body.clock)
    missing = _list(case.noticed) if kind_of(body.clock) == "request_supplement" else ""
    return "request_lapsed", {"due_on": str(due_on(clock, calendar)), "missing": missing}


def letter_of_request_closed(
    body: ev.RequestClosed, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    return "request_closed", {"reasons": body.reason}


def letter_of_request_withdrawn(
    body: ev.RequestWithdrawn, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    return "request_withdrawn", {"withdrawn_on": str(local_date(event.at))}


def reminder_of_request(case: Request, clock: Clock, fields: Fields) -> Notice | None:
    match kind_of(clock.id):
        case "collect":
            return "request_collect_reminder", fields
        case "request_supplement":
            return "request_supplement_reminder", fields | {"missing": _list(case.noticed)}
        case _:
            return None


def letter_of_taken_back(
    body: TakenBack, event: Event, case: Request, calendar: WorkingCalendar
) -> Notice | None:
    return "request_taken_back", fields_of_taking_back(body, case, calendar)


LETTERS: Letters = {
    TakenBack: letter_of_taken_back,
    ev.RequestFiled: letter_of_request_filed,
    ev.RequestReleased: letter_of_request_released,
    ev.RequestNoticeGiven: letter_of_request_notice_given,
    ev.RequestAccepted: letter_of_request_accepted,
    ev.BodyAssigned: letter_of_body_assigned,
    ev.HandlingExtended: letter_of_handling_extended,
    ev.ResultFedBack: letter_of_result_fed_back,
    ev.NeedExplained: letter_of_need_explained,
    ev.NeedTransferred: letter_of_need_transferred,
    ev.RequestLapsed: letter_of_request_lapsed,
    ev.RequestClosed: letter_of_request_closed,
    ev.RequestWithdrawn: letter_of_request_withdrawn,
}
