"""Where the parts of a procedure register what they decide and how the state follows."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any

from casework.domain.case.commands import Command
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.state import Case
from casework.domain.time.clock import Clock

End = Callable[[Clock, Any, Any], EventBody]
"""(clock, case, occasion) → what running out of time brings about."""

ENDS: dict[str, End] = {}
"""By kind of clock; each kind belongs to one kind of case."""


@singledispatch
def decision(command: Command, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    """What a command leads to; raises DomainError where it may not."""
    raise NotImplementedError(f"no decision for {type(command).__name__}")


@singledispatch
def beginning(body: EventBody, event: Event) -> Case | None:
    """The state after a first event; None for a body that begins nothing."""
    return None


@singledispatch
def evolution(body: EventBody, case: Case, event: Event) -> Case:
    """The state after a later event; never refuses, never looks at policy."""
    raise NotImplementedError(f"no evolution for {type(body).__name__}")


@singledispatch
def follow_up(case: Case) -> EventBody | None:
    """What a state of this kind brings about at once, without anybody."""
    return None


def at_end_of(*kinds: str) -> Callable[[End], End]:
    """Decorator: what happens when a clock of these kinds runs out (its ladder ``expires``)."""

    def register(end: End) -> End:
        ENDS.update(dict.fromkeys(kinds, end))
        return end

    return register
