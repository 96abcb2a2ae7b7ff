"""What an event of a cycle asks of the outside: data checks, and that its requests are told."""

from collections.abc import Iterator

from casework.domain.case.events import Event, EventBody, FactCorrected, TakenBack
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.kinds.cycle.events import (
    CycleEnded,
    CycleExpired,
    CycleRenewed,
    EvaluationGiven,
    EvaluationTakenUp,
    Reclassified,
)
from casework.domain.kinds.cycle.state import Cycle
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import Clock


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
