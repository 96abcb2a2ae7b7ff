"""What an event of an application asks of the outside: the superior, the archive, the post."""

from casework.domain.case.events import Event
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.kinds.application.events import ArchiveCalled, Dispatched, ReportedUp
from casework.domain.kinds.application.state import Application
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import due_on


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
        case Dispatched(method=method):
            return (
                Effect(kind=EffectKind.DISPATCH, seq=event.seq, fields={"method": method.value}),
            )
        case _:
            return ()
