"""Every verb of a kind of case as an update with a validator; the facts also as signals.

A verb is declared once, beside the rules of its kind; this gives each its handlers, so that
the wire contract and the rules cannot drift apart.

The handlers only hand on, so they are made once and shared: the sandbox passes this module through
(and no other of ``workflows``), or each case would make all of them anew.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeVar

from temporalio import workflow

from casework.domain.commands import Command
from casework.domain.kinds import KINDS, Kind
from casework.messages import SENT_AS, Receipt


class Handling(Protocol):
    """What a workflow with verbs provides."""

    def check(self, command: Command) -> None:
        """Raise ApplicationError if the command may not be applied."""

    async def handle(self, command: Command) -> Receipt:
        """Apply the command; return when it is in the register."""

    async def take(self, verb: str, payload: object) -> None:
        """Apply a fact sent as a signal, or record it as refused."""


W = TypeVar("W", bound=type)


def with_verbs(kind: Kind) -> Callable[[W], W]:
    """Class decorator: add an update for each verb, a signal for each fact."""

    def decorate(cls: W) -> W:
        for name, handler in _handlers(kind.workflow).items():
            if name not in vars(cls):  # one that says more than the verb is the kind's own
                setattr(cls, name, handler)
        return cls

    return decorate


def _update(verb: str, command_type: type[Command]) -> Callable[..., Any]:
    async def handler(self: Handling, command: Command) -> Receipt:
        return await self.handle(command)

    def validator(self: Handling, command: Command) -> None:
        self.check(command)

    handler.__name__ = handler.__qualname__ = verb
    # The SDK reads the argument's type from here; an annotated self would count as an argument.
    handler.__annotations__ = {"command": command_type, "return": Receipt}
    update = workflow.update(name=verb, description=command_type.label)(handler)
    validator.__name__ = f"_can_{verb}"
    validator.__annotations__ = {"command": command_type, "return": None}
    update.validator(validator)
    return update


def _signal(verb: str, label: str) -> Callable[..., Any]:
    # Any number of arguments of any kind: the Web UI can send a signal with no input, and a
    # handler that cannot be called would block the workflow for ever.
    async def handler(self: Handling, payload: Any = None, *rest: Any) -> None:  # noqa: ANN401
        await self.take(verb, payload if not rest else [payload, *rest])

    handler.__name__ = handler.__qualname__ = f"{verb}_signal"
    return workflow.signal(name=verb, description=label)(handler)


@cache
def _handlers(workflow_type: str) -> dict[str, Callable[..., Any]]:
    kind = next(kind for kind in KINDS.values() if kind.workflow == workflow_type)
    verbs = {
        verb: _update(verb, SENT_AS.get(command, command)) for verb, command in kind.verbs.items()
    }
    facts = {f"{fact}_signal": _signal(fact, kind.verbs[fact].label) for fact in sorted(kind.facts)}
    return verbs | facts
