"""What an event asks of the outside world: notices, the superior, the archive, the post."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from casework.domain.case import events as ev
from casework.domain.case import mending_letters as mending_notices
from casework.domain.case.events import Event, EventBody
from casework.domain.case.letters import Fields, notice
from casework.domain.case.mending_events import FactCorrected, TakenBack
from casework.domain.case.state import Case
from casework.domain.kinds.application.state import Application
from casework.domain.kinds.cycle import letters as cycle_notices
from casework.domain.kinds.cycle.events import (
    CycleEnded,
    CycleExpired,
    CycleRenewed,
    EvaluationGiven,
    EvaluationTakenUp,
    Reclassified,
)
from casework.domain.kinds.cycle.state import Cycle
from casework.domain.kinds.rating import letters as rating_notices
from casework.domain.kinds.request import letters as request_notices
from casework.domain.kinds.round.events import DrawAsked
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, due_on


class EffectKind(StrEnum):
    NOTICE = "notice"
    REPORT_UP = "report_up"
    CALL_ARCHIVE = "call_archive"
    DISPATCH = "dispatch"
    DATA_CHECK = "data_check"  # other systems are asked about a talent (大数据核实)
    TELL_REQUESTS = "tell_requests"  # the talent's requests learn how the talent stands
    DRAW = "draw"  # the sample of a round of visits


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something to be done outside, once. (case, ``seq``) is its idempotency key.

    ``to``: recipient and channel of a notice that does not go the case's ordinary way;
    ``recipients``: who is told, each by the way that is theirs.
    """

    kind: EffectKind
    seq: int
    template: str = ""
    to: tuple[tuple[str, str], ...] = ()
    recipients: tuple[str, ...] = ()
    fields: Fields = field(default_factory=dict)


_WAYS = {"contact_failed": (("applicant", "sms"), ("employer", "mail"))}
"""Notices that go their own way, whatever the case's ordinary one is (domain.md §C.15)."""

_RECIPIENTS = {
    **cycle_notices.RECIPIENTS,
    **request_notices.RECIPIENTS,
    **rating_notices.RECIPIENTS,
    **mending_notices.RECIPIENTS,
}
"""Template → who is told."""


def effects_of(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """What the event asks for, given the state that followed it."""
    asked = (*_asked(event.body), *_asked_by_mending(event.body, case))
    own = tuple(Effect(kind=kind, seq=event.seq) for kind in asked)
    return own + _of_application(event, case, calendar) + _notice(event, case, calendar)


def _asked(body: EventBody) -> Iterator[EffectKind]:
    match body:
        case EvaluationGiven(verify=Clock()) | EvaluationTakenUp() | CycleExpired(silent=True):
            yield EffectKind.DATA_CHECK
    match body:
        case CycleExpired() | CycleRenewed() | CycleEnded() | Reclassified():
            yield EffectKind.TELL_REQUESTS
        case DrawAsked():
            yield EffectKind.DRAW


def _asked_by_mending(body: EventBody, case: Case) -> Iterator[EffectKind]:
    """What was closed with a cycle runs again with it; the last day of service is another."""
    if not isinstance(case, Cycle):
        return
    match body:
        case TakenBack() | FactCorrected(field="left_on"):
            yield EffectKind.TELL_REQUESTS


def _of_application(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    if not isinstance(case, Application):
        return ()
    match event.body:
        case ev.ReportedUp():
            fields = {"accepted_on": str(case.accepted_on), "green": str(case.green.is_open)}
            return (Effect(kind=EffectKind.REPORT_UP, seq=event.seq, fields=fields),)
        case ev.ArchiveCalled(archive=clock):
            due = due_on(next(c for c in case.clocks if c.id == clock.id), calendar)
            fields = {"due_on": str(due) if due else ""}
            return (Effect(kind=EffectKind.CALL_ARCHIVE, seq=event.seq, fields=fields),)
        case ev.Dispatched(method=method):
            return (
                Effect(kind=EffectKind.DISPATCH, seq=event.seq, fields={"method": method.value}),
            )
    return ()


def _notice(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    told = notice(event.body, event, case, calendar)
    if told is None:
        return ()
    template, fields = told
    effect = notice_of(event, case, template, fields)
    to = _WAYS.get(template, ())
    # What kinds share is said to the one whose case it is; an application has its own ways.
    own = () if isinstance(case, Application) else ("applicant",)
    recipients = _RECIPIENTS.get(template, own)
    return (replace(effect, to=to, recipients=recipients),)


def notice_of(event: Event, case: Case, template: str, fields: Fields) -> Effect:
    """A notice to the applicant about an event, signed and dated by the office."""
    base = {"item": case.item_name, "office": case.office, "on": str(local_date(event.at))}
    return Effect(kind=EffectKind.NOTICE, seq=event.seq, template=template, fields=base | fields)
