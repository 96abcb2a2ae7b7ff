"""Every verb of a kind of case as an update with a validator; the facts also as signals.

A verb is declared once, beside the rules of its kind. This module makes its handlers, so that the
message contract and the rules always agree.

The handlers contain no logic, so they are made once and shared: the sandbox passes this module
through (and no other of ``workflows``), otherwise each case would make all of them anew.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Protocol, Self, TypeVar

import structlog
from temporalio import workflow
from temporalio.common import RawValue

from casework.domain.case.commands import Command
from casework.domain.case.kind import Kind
from casework.domain.kinds.registry import KINDS
from casework.messages.cases import SENT_AS, Receipt
from casework.messages.temporal import RefusalError
from casework.security.unreadable import UNKNOWN_MESSAGE, Unreadable

log = structlog.get_logger("workflow")


class Exposed:
    """Handles signals and updates with unknown names.

    Without it the SDK would keep such signals for ever, and nobody would notice them.
    """

    @workflow.signal(dynamic=True)
    async def unknown_signal(self, name: str, payload: Sequence[RawValue]) -> None:
        """Log an unknown signal. A case records it as well."""
        del payload
        log_refused(name, UNKNOWN_MESSAGE)

    @workflow.update(dynamic=True)
    async def unknown_update(self, name: str, payload: Sequence[RawValue]) -> None:
        """Never called: the validator refuses every unknown update."""
        del name, payload

    @unknown_update.validator
    def _can_unknown_update(self, name: str, payload: Sequence[RawValue]) -> None:
        del name, payload
        raise RefusalError(UNKNOWN_MESSAGE, "没有此操作")


class BegunByOne(Exposed):
    """A workflow that is started with exactly one message.

    If it is started with none or several, it does nothing, refuses every update, ignores every
    signal, and its run ends at once (``casework.security.proof.checking``).
    """

    def __new__(cls, *messages: object) -> Self:
        """Make the workflow, or one that knows only that it cannot begin."""
        if len(messages) == 1 and not isinstance(messages[0], Unreadable):
            return super().__new__(cls)
        return super().__new__(type(cls.__name__, (cls,), {"__init__": _begin_nothing}))


def _begin_nothing(self: Any, *messages: object) -> None:  # noqa: ANN401 - whichever workflow
    del messages
    self._case, self._unopened = None, Unreadable().refusal()


def log_refused(name: str, code: str) -> None:
    """Log once, not again on replay, that a message was refused, without its content."""
    if workflow.unsafe.is_replaying():
        return
    number = workflow.info().workflow_id
    log.warning("message_refused", case=number, code=code, message=short(name))


def short(name: str) -> str:
    """Shorten the name of a message, which anybody may have chosen, so that it may be recorded."""
    return ascii(name)[1:-1][:40]


class Handling(Protocol):
    """What a workflow with verbs provides."""

    def check(self, command: Command) -> None:
        """Raise ApplicationError if the command may not be applied."""

    async def handle(self, command: Command) -> Receipt:
        """Apply the command; return when it is in the register."""

    async def take(self, verb: str, *payload: object) -> None:
        """Apply a fact sent as a signal, or record it as refused."""


W = TypeVar("W", bound=type)


def with_verbs(kind: Kind) -> Callable[[W], W]:
    """Class decorator: add an update for each verb, a signal for each fact."""

    def decorate(cls: W) -> W:
        for name, handler in _handlers(kind.workflow).items():
            if name not in vars(
                cls
            ):  # a kind that needs more than the verb has a handler of its own
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
        await self.take(verb, payload, *rest)

    handler.__name__ = handler.__qualname__ = f"{verb}_signal"
    return workflow.signal(name=verb, description=label)(handler)


@cache
def _handlers(workflow_type: str) -> dict[str, Callable[..., Any]]:
    kind = next(kind for kind in KINDS.values() if kind.workflow == workflow_type)
    verbs = {
        verb: _update(verb, SENT_AS.get(command, command)) for verb, command in kind.verbs.items()
    }
    facts = {
        f"{fact}_signal": _signal(fact, kind.verbs[fact].label) for fact in sorted(kind.signals)
    }
    return verbs | facts
