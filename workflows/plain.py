"""The workflows of kinds that need no code of their own, built from the kinds.

A kind that does more outside has a module of its own: it says so, or has no ``message``. The
sandbox finds a workflow by the name of its class in its module, so each class is made when this
module is imported.
"""

from types import MappingProxyType
from typing import Any

from temporalio import workflow

from casework.domain.case.kind import Kind
from casework.domain.case.opening import StartCase
from casework.domain.case.state import Case
from casework.domain.kinds.registry import KINDS
from casework.messages.cases import Outcome
from workflows.case import CaseWorkflow
from workflows.verbs import with_verbs


def _made_from(kind: Kind) -> type[CaseWorkflow[Case]]:
    name = f"{kind.workflow}Workflow"

    def init(self: Any, start: StartCase) -> None:  # noqa: ANN401 - the class is made below
        CaseWorkflow.__init__(self, start)

    async def run(self: Any, start: StartCase) -> Outcome:  # noqa: ANN401 - as above
        del start
        outcome: Outcome = await self._see_through()
        return outcome

    # The SDK reads from the functions to which class they belong, and which message starts it.
    for function, called in ((init, "__init__"), (run, "run")):
        function.__name__, function.__qualname__ = called, f"{name}.{called}"
    init.__annotations__ = {"start": kind.message, "return": None}
    run.__annotations__ = {"start": kind.message, "return": Outcome}
    own = {
        "__doc__": f"One {kind.name}.",
        "__module__": __name__,
        "verbs": kind.verbs,
        "__init__": workflow.init(init),
        "run": workflow.run(run),
    }
    made: type[CaseWorkflow[Case]] = type(name, (CaseWorkflow,), own)
    return workflow.defn(name=kind.workflow)(with_verbs(kind)(made))


MADE = MappingProxyType(
    {
        kind.name: _made_from(kind)
        for kind in KINDS.values()
        if kind.message is not None and not kind.acts_outside
    }
)
"""The workflow of each such kind, by its name."""

globals().update({made.__name__: made for made in MADE.values()})
