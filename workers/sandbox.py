"""The sandbox in which workflows run: the SDK's, with its modules imported once for all cases.

The SDK imports the modules of a workflow anew for each run, and compiles its glue for each
activation and each payload; together that was two fifths of a replay. Here a process imports them
once, and calls the glue. What the sandbox forbids stays forbidden. What is lost is that each run
had module state of its own: ``workflows`` has none, and a test holds it to that.

It builds on parts of the SDK that are not public; ``tests/workflows/test_sandbox.py`` fails if
they change.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from temporalio import workflow
from temporalio.converter import SerializationContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.worker.workflow_sandbox._importer import Importer
from temporalio.worker.workflow_sandbox._in_sandbox import InSandbox
from temporalio.worker.workflow_sandbox._restrictions import RestrictionContext

# What has no state and no side effects at import is shared with the sandbox; workflows never are,
# but for the one module that only declares handlers.
_PASSED_THROUGH = (
    "casework",
    "activities",
    "workflows.verbs",
    "pydantic",
    "sqlalchemy",
    "httpx",
    "structlog",
)

_RESTRICTIONS = SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH)


def sandbox() -> SandboxedWorkflowRunner:
    """The sandbox in which workflows run and are replayed."""
    return SharedSandbox(restrictions=_RESTRICTIONS)


class _PerThread(RestrictionContext):
    """Whether workflow code is running, in each thread for itself: cases run side by side."""

    def __init__(self) -> None:
        self._here = threading.local()
        super().__init__()

    @property
    def is_runtime(self) -> bool:
        return getattr(self._here, "is_runtime", False)

    @is_runtime.setter
    def is_runtime(self, value: bool) -> None:
        self._here.is_runtime = value

    @property
    def in_activation(self) -> bool:
        return getattr(self._here, "in_activation", False)

    @in_activation.setter
    def in_activation(self, value: bool) -> None:
        self._here.in_activation = value


class Room:
    """The modules of workflows as the sandbox imports them, for all runs of a process."""

    def __init__(self) -> None:
        self._context = _PerThread()
        self._importer = Importer(_RESTRICTIONS, self._context)
        self._importing = threading.Lock()
        self._imported: dict[type, type] = {}

    def imported(self, known: type) -> type:
        """The class as the sandbox knows it."""
        found = self._imported.get(known)
        if found is not None:
            return found
        with self._importing, self._applied():
            module = __import__(known.__module__, fromlist=[known.__name__])
            return self._imported.setdefault(known, getattr(module, known.__name__))

    @contextmanager
    def entered(self, *, activation: bool = False) -> Iterator[None]:
        """Run what follows as workflow code."""
        self._context.is_runtime, self._context.in_activation = True, activation
        try:
            with self._applied():
                yield
        finally:
            self._context.is_runtime = self._context.in_activation = False

    @contextmanager
    def _applied(self) -> Iterator[None]:
        workflow.unsafe._set_in_sandbox(True)  # noqa: SLF001 - there is no other way
        try:
            with self._importer.applied():
                yield
        finally:
            workflow.unsafe._set_in_sandbox(False)  # noqa: SLF001 - as above


@cache
def shared_room() -> Room:
    """The one room of this process."""
    return Room()


@dataclass(frozen=True)
class SharedSandbox(SandboxedWorkflowRunner):
    """Runs each workflow in one sandbox, whose modules all of them share."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """An instance in the sandbox."""
        return _Instance(det, shared_room(), self.runner_class)


class _Instance(WorkflowInstance):
    """One run of a workflow, in the sandbox."""

    def __init__(self, det: WorkflowInstanceDetails, room: Room, runner: type[Any]) -> None:
        self._room = room
        self._info = det.info
        self._thread: int | None = None
        cls = room.imported(det.defn.cls)
        with self._running():
            self._inside = InSandbox(det, runner, cls)

    def activate(self, act: Any) -> Any:  # noqa: ANN401 - messages of the SDK's core
        with self._running(activation=True):
            return self._inside.activate(act)

    @contextmanager
    def _running(self, *, activation: bool = False) -> Iterator[None]:
        self._thread = threading.get_ident()
        try:
            with self._room.entered(activation=activation):
                yield
        finally:
            self._thread = None

    def get_info(self) -> workflow.Info:
        return self._info

    def get_thread_id(self) -> int | None:
        return self._thread

    # Asked for each payload. The answers come from the SDK's own records of the run; no code of a
    # workflow takes part, so nothing has to be entered.

    def get_serialization_context(self, command_info: Any) -> SerializationContext | None:  # noqa: ANN401
        return self._inside.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:  # noqa: ANN401
        return self._inside.get_external_store_context(command_info)
