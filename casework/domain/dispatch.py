"""Where the parts of the procedure register what they decide and how the state follows."""

from functools import singledispatch

from casework.domain.case import Case
from casework.domain.commands import Command
from casework.domain.events import Event, EventBody
from casework.domain.facts import Facts


@singledispatch
def decision(command: Command, case: Case, facts: Facts) -> tuple[EventBody, ...]:
    """What a command leads to; raises DomainError where it may not."""
    raise NotImplementedError(f"no decision for {type(command).__name__}")


@singledispatch
def evolution(body: EventBody, case: Case, event: Event) -> Case:
    """The state after an event; never refuses, never looks at policy."""
    raise NotImplementedError(f"no evolution for {type(body).__name__}")
