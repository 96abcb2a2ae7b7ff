"""What an event asks of the outside world: notices, the superior, the archive, the post."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from casework.domain import events as ev
from casework.domain.calendar import WorkingCalendar
from casework.domain.case import Case
from casework.domain.clock import due_on
from casework.domain.events import Event
from casework.domain.facts import local_date
from casework.domain.notices import Fields, notice


class EffectKind(StrEnum):
    NOTICE = "notice"
    REPORT_UP = "report_up"
    CALL_ARCHIVE = "call_archive"
    DISPATCH = "dispatch"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something to be done outside, once. (case, ``seq``) is its idempotency key.

    ``to``: recipient and channel of a notice that does not go the case's ordinary way.
    """

    kind: EffectKind
    seq: int
    template: str = ""
    to: tuple[tuple[str, str], ...] = ()
    fields: Fields = field(default_factory=dict)


_WAYS = {"contact_failed": (("applicant", "sms"), ("employer", "mail"))}
"""Notices that go their own way, whatever the case's ordinary one is (domain.md §C.15)."""


def effects_of(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """What the event asks for, given the state that followed it."""
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
    told = notice(event.body, event, case, calendar)
    if told is None:
        return ()
    template, fields = told
    return (replace(notice_of(event, case, template, fields), to=_WAYS.get(template, ())),)


def notice_of(event: Event, case: Case, template: str, fields: Fields) -> Effect:
    """A notice to the applicant about an event, signed and dated by the office."""
    base = {"item": case.item_name, "office": case.office, "on": str(local_date(event.at))}
    return Effect(kind=EffectKind.NOTICE, seq=event.seq, template=template, fields=base | fields)
