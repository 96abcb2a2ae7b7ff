"""Every verb of a kind of case as an update with a validator; the facts also as signals.

A verb is declared once, beside the rules of its kind; this gives each its handlers, so that
the wire contract and the rules cannot drift apart.

The handlers only hand on, so they are made once and shared: the sandbox passes this module through
(and no other of ``workflows``), or each case would make all of them anew.
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
    """A workflow takes no harm from messages of a name that it does not know.

    Without this the SDK would keep such signals for ever, and nobody would hear of them.
    """

    @workflow.signal(dynamic=True)
    async def unknown_signal(self, name: str, payload: Sequence[RawValue]) -> None:
        """A signal nobody knows: logged. A case records it as well."""
        del payload
        log_refused(name, UNKNOWN_MESSAGE)

    @workflow.update(dynamic=True)
    async def unknown_update(self, name: str, payload: Sequence[RawValue]) -> None:
        """An update nobody knows: refused by its validator, so that none ever comes here."""
        del name, payload

    @unknown_update.validator
    def _can_unknown_update(self, name: str, payload: Sequence[RawValue]) -> None:
        del name, payload
        raise RefusalError(UNKNOWN_MESSAGE, "没有此操作")


class BegunByOne(Exposed):
    """A workflow whose start is one message.

    Started with none or with several it begins nothing, refuses every update, passes over every
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
    """Log once, not again on replay, that a message was refused; never what it said."""
    if workflow.unsafe.is_replaying():
        return
    number = workflow.info().workflow_id
    log.warning("message_refused", case=number, code=code, message=short(name))


def short(name: str) -> str:
    """The name of a message as it may be written down, whoever chose it."""
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
