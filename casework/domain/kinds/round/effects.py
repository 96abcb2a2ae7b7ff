"""What an event of a round of visits asks of the outside: the sample."""

from casework.domain.case.events import Event
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.kinds.round.events import DrawAsked
from casework.domain.kinds.round.state import Round
from casework.domain.time.calendar import WorkingCalendar


def effects(event: Event, case: Round, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """What the event asks for beside its letter."""
    if not isinstance(event.body, DrawAsked):
        return ()
    return (Effect(kind=EffectKind.DRAW, seq=event.seq),)
