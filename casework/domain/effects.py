"""What an event asks of the outside world: notices, the superior's system, the archive, the post.

The fields are those that the notice texts ask for; dates are ISO, ``*_basis`` is the mark of a
limit, so that a proposal is never worded as law.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from casework.domain import events as ev
from casework.domain.calendar import WorkingCalendar
from casework.domain.case import Case, Rung
from casework.domain.clock import Clock, due_on
from casework.domain.commands import BreachOutcome, Fault
from casework.domain.events import Event
from casework.domain.facts import local_date
from casework.domain.limits import kind_of
from casework.domain.moves import holds_result
from casework.domain.policy import DeliveryMethod

Fields = dict[str, str]


class EffectKind(StrEnum):
    NOTICE = "notice"
    REPORT_UP = "report_up"
    CALL_ARCHIVE = "call_archive"
    DISPATCH = "dispatch"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something to be done outside, once. (case, ``seq``) is its idempotency key."""

    kind: EffectKind
    seq: int
    template: str = ""
    fields: Fields = field(default_factory=dict)


def effects_of(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """What the event asks for, given the state that followed it."""
    match event.body:
        case ev.ReportedUp():
            fields = {"accepted_on": str(case.accepted_on), "green": str(case.green.is_open)}
            return (Effect(kind=EffectKind.REPORT_UP, seq=event.seq, fields=fields),)
        case ev.ArchiveCalled(archive=clock):
            fields = {"due_on": _due(clock, calendar)}
            return (Effect(kind=EffectKind.CALL_ARCHIVE, seq=event.seq, fields=fields),)
        case ev.Dispatched(method=method):
            return (
                Effect(kind=EffectKind.DISPATCH, seq=event.seq, fields={"method": method.value}),
            )
    notice = _notice(event, case, calendar)
    if notice is None:
        return ()
    template, fields = notice
    return (notice_of(event, case, template, fields),)


def notice_of(event: Event, case: Case, template: str, fields: Fields) -> Effect:
    """A notice to the applicant about an event, signed and dated by the office."""
    base = {"item": case.item_name, "office": case.office, "on": str(local_date(event.at))}
    return Effect(kind=EffectKind.NOTICE, seq=event.seq, template=template, fields=base | fields)


def _notice(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields] | None:
    make = _NOTICES.get(type(event.body))
    return make(event, case, calendar) if make else None


def _due(clock: Clock | None, calendar: WorkingCalendar) -> str:
    due = due_on(clock, calendar) if clock is not None else None
    return due.isoformat() if due else ""


def _list(faults: tuple[Fault, ...]) -> str:
    return "\n".join(fault.text for fault in faults)


def _names(case: Case, *materials: str) -> str:
    return "\n".join(line.name for line in case.lines if line.material in materials)


def _one_time(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del case
    body = event.body
    assert isinstance(body, ev.NoticeGiven)  # noqa: S101 - narrows what the table says
    clock = body.supplement
    return "one_time_notice", {
        "faults": _list(body.faults),
        "due_on": _due(clock, calendar),
        "due_basis": clock.mark,
    }


def _passed(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields] | None:
    body = event.body
    assert isinstance(body, ev.PreReviewPassed)  # noqa: S101 - narrows
    if not body.awaits_paper:
        return None
    del case
    fields = {"materials": "预审时列明的书面材料", "due_on": _due(body.paper, calendar)}
    return "paper_due", fields | ({"due_basis": body.paper.mark} if body.paper else {})


def _accepted(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del case
    body = event.body
    assert isinstance(body, ev.Accepted)  # noqa: S101 - narrows
    return "deemed_accepted" if body.deemed else "accepted", {
        "accepted_on": str(body.accepted_on),
        "decision_due_on": _due(body.decide, calendar),
        "decision_basis": body.decide.mark,
    }


def _not_accepted(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del case, calendar
    body = event.body
    assert isinstance(body, ev.NotAccepted)  # noqa: S101 - narrows
    return "not_accepted", {"reasons": body.reason, "right_authority": body.right_authority}


def _lapsed(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    body = event.body
    assert isinstance(body, ev.Lapsed)  # noqa: S101 - narrows
    clock = next(c for c in case.clocks if c.id == body.clock)
    return "lapsed", {"due_on": _due(clock, calendar), "missing": _list(case.noticed)}


def _refused(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del case, calendar
    body = event.body
    assert isinstance(body, ev.Refused)  # noqa: S101 - narrows
    return "refused", {"reasons": body.reason}


def _approved(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields] | None:
    body = event.body
    assert isinstance(body, ev.Approved)  # noqa: S101 - narrows
    if body.publicity is None:
        return _held(event, case, calendar)
    return "publicity", {
        "from_on": str(local_date(event.at)),
        "until_on": _due(body.publicity, calendar),
        "until_basis": body.publicity.mark,
    }


def _held(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields] | None:
    del event, calendar
    if not holds_result(case):
        return None  # the result itself follows at once
    owed = "\n".join(line.name for line in case.lines if line.is_open)
    return "approved", {"decided_on": str(case.decided_on), "materials": owed}


def _delivered(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields] | None:
    del case, calendar
    body = event.body
    assert isinstance(body, ev.ResultDelivered)  # noqa: S101 - narrows
    if body.method is DeliveryMethod.EMS:
        return None  # told with the tracking number when it was sent
    return "result_ready", {"method": body.method.value}


def _withdrawn(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del case, calendar
    return "withdrawn", {"withdrawn_on": str(local_date(event.at))}


def _extended(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    body = event.body
    assert isinstance(body, ev.Extended)  # noqa: S101 - narrows
    return "extension", {"due_on": _due(case.clock("decide"), calendar), "reasons": body.reason}


def _stopped(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del calendar
    clock = case.clock("decide")
    cause = clock.suspensions[-1].reason if clock else ""
    return "clock_stopped", {"stopped_on": str(local_date(event.at)), "cause": cause}


def _resumed(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields] | None:
    clock = case.clock("decide")
    due = _due(clock, calendar)
    if clock is None or not due:
        return None
    return "clock_resumed", {
        "resumed_on": str(local_date(event.at)),
        "cause": clock.suspensions[-1].reason if clock.suspensions else "",
        "decision_due_on": due,
    }


def _promised(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    body = event.body
    assert isinstance(body, ev.DeferralPromised)  # noqa: S101 - narrows
    materials = [clock.id.split("#")[0].split(":", 1)[1] for clock in body.clocks]
    first = body.clocks[0]
    return "deferral_granted", {
        "materials": _names(case, *materials),
        "due_on": _due(first, calendar),
        "due_basis": first.mark,
    }


def _overdue(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    body = event.body
    assert isinstance(body, ev.DebtOverdue)  # noqa: S101 - narrows
    return "deferral_overdue", {
        "materials": _names(case, body.material),
        "rescue_until": _due(body.rescue, calendar),
        "rescue_basis": body.rescue.mark,
    }


def _breached(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del calendar
    body = event.body
    assert isinstance(body, ev.DebtBreached)  # noqa: S101 - narrows
    return "deferral_breached", {"materials": _names(case, body.material)}


def _breach_decided(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del case, calendar
    body = event.body
    assert isinstance(body, ev.BreachDecided)  # noqa: S101 - narrows
    return "breach_decided", {
        "outcome": _BREACH[BreachOutcome(body.outcome)],
        "reasons": body.reason,
    }


def _green_refused(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del case, calendar
    body = event.body
    assert isinstance(body, ev.GreenRefused)  # noqa: S101 - narrows
    return "green_refused", {"reasons": body.reason}


def _green_opened(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields]:
    del event, calendar
    external = case.green.external_on
    reason = case.green.cause or case.green.reason_code
    return "green_opened", {"reason": reason, "external_on": str(external) if external else ""}


def _green_asked(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields] | None:
    del case, calendar
    body = event.body
    assert isinstance(body, ev.GreenRequested)  # noqa: S101 - narrows
    return ("green_incomplete", {"missing": "\n".join(body.missing)}) if body.missing else None


def _reminded(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[str, Fields] | None:
    body = event.body
    assert isinstance(body, ev.RungReached)  # noqa: S101 - narrows
    if body.rung != Rung.REMINDER:
        return None
    clock = next(c for c in case.clocks if c.id == body.clock)
    fields = {"due_on": _due(clock, calendar), "due_basis": clock.mark}
    match kind_of(body.clock):
        case "supplement":
            return "supplement_reminder", fields | {"missing": _list(case.noticed)}
        case "paper":
            return "paper_due", fields | {"materials": "预审时列明的书面材料"}
        case _:
            material = body.clock.split("#")[0].split(":", 1)[1]
            return "deferral_reminder", fields | {"materials": _names(case, material)}


_BREACH = {
    BreachOutcome.RETURN: "申请退回",
    BreachOutcome.REVOKE: "撤销已作出的结果",
    BreachOutcome.ACCEPT_LATE: "同意逾期补交，继续办理",
}

_NOTICES: dict[type, Callable[[Event, Case, WorkingCalendar], tuple[str, Fields] | None]] = {
    ev.NoticeGiven: _one_time,
    ev.PreReviewPassed: _passed,
    ev.Accepted: _accepted,
    ev.NotAccepted: _not_accepted,
    ev.Lapsed: _lapsed,
    ev.Refused: _refused,
    ev.Approved: _approved,
    ev.PublicityEnded: _held,
    ev.ResultDelivered: _delivered,
    ev.Withdrawn: _withdrawn,
    ev.Extended: _extended,
    ev.ClockStopped: _stopped,
    ev.ClockResumed: _resumed,
    ev.DeferralPromised: _promised,
    ev.DebtOverdue: _overdue,
    ev.DebtBreached: _breached,
    ev.BreachDecided: _breach_decided,
    ev.GreenRefused: _green_refused,
    ev.GreenOpened: _green_opened,
    ev.GreenRequested: _green_asked,
    ev.RungReached: _reminded,
}
