"""The sandbox forbids what the SDK's does, in many cases side by side; ``workflows`` has no state.

It is built on parts of the SDK that are not public: these tests fail first if they change.
"""

import ast
import importlib
import inspect
import pkgutil
import shutil
import sysconfig
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from importlib.metadata import version
from typing import Any

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkflowInstance
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox._importer import Importer
from temporalio.worker.workflow_sandbox._in_sandbox import InSandbox
from temporalio.worker.workflow_sandbox._restrictions import RestrictionContext

import workflows
from casework.domain.kinds.registry import KINDS
from tests.workflows.forbidden import ForbiddenWorkflow, refused
from workers.sandbox import sandbox, shared_room

_MANY, _TIMES = 100, 3
_MUTABLE = (list, dict, set, bytearray)
_OF_KINDS = [kind.verbs for kind in KINDS.values()]
"""What workflows read of the registry: the sandbox passes it through, all share it anyhow."""


async def _refused(client: Client, runner: SandboxedWorkflowRunner) -> list[str]:
    queue = type(runner).__name__
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[ForbiddenWorkflow],
        workflow_runner=runner,
        workflow_failure_exception_types=[Exception],
    )
    async with worker:
        return await client.execute_workflow(ForbiddenWorkflow.run, id=queue, task_queue=queue)


_BUILT_ON = {
    "version": "1.35.0",
    "Importer": ["self", "restrictions", "restriction_context", "workflow_module_name"],
    "InSandbox": ["self", "instance_details", "runner_class", "workflow_class"],
    "RestrictionContext": ["in_activation", "is_runtime"],
    "WorkflowInstance": [
        "activate",
        "get_external_store_context",
        "get_info",
        "get_serialization_context",
        "get_thread_id",
    ],
}


def test_the_sdk_is_the_one_on_whose_inner_parts_the_sandbox_is_built() -> None:
    found = {
        "version": version("temporalio"),
        "Importer": [*inspect.signature(Importer.__init__).parameters],
        "InSandbox": [*inspect.signature(InSandbox.__init__).parameters],
        "RestrictionContext": sorted(vars(RestrictionContext())),
        "WorkflowInstance": sorted(
            name for name in vars(WorkflowInstance) if not name.startswith("_")
        ),
    }
    assert found == _BUILT_ON, (
        "another temporalio: compare its worker/workflow_sandbox with that of"
        f" {_BUILT_ON['version']}, bring workers/sandbox.py in line, and only then this list"
    )


async def test_what_is_forbidden_is_refused_as_in_the_sandbox_of_the_sdk() -> None:
    program = shutil.which("temporal-test-server", path=sysconfig.get_path("scripts"))
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=program
    ) as environment:
        own = await _refused(environment.client, SandboxedWorkflowRunner())
        assert {"datetime.now", "random.random", "open"} <= set(own)

        assert await _refused(environment.client, sandbox()) == own


def test_it_is_refused_in_each_of_many_cases_that_come_and_go() -> None:
    room, together = shared_room(), threading.Barrier(_MANY)
    inside: Any = room.imported(ForbiddenWorkflow)
    tries = inside.run.__globals__["refused"]
    with room.entered():
        alone = tries()

    def case() -> list[list[str]]:
        together.wait()
        found = []
        for _ in range(_TIMES):
            with room.entered():
                found.append(tries())
        return found

    with ThreadPoolExecutor(_MANY) as pool:
        cases = [pool.submit(case) for _ in range(_MANY)]
        assert "datetime.now" in alone
        assert [each.result() for each in cases] == [[alone] * _TIMES] * _MANY
    assert refused() == []  # outside of it nothing is forbidden


def _assigned(body: Iterable[ast.stmt], within: str) -> Iterator[tuple[str, str]]:
    """Each name that a module or one of its classes gives a value, with where it is."""
    for each in body:
        if isinstance(each, ast.ClassDef):
            yield from _assigned(each.body, f"{within}.{each.name}")
        targets = each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
        yield from ((within, target.id) for target in targets if isinstance(target, ast.Name))


def _state(module_name: str) -> list[str]:
    """What could be changed in one case and seen in another."""
    module = importlib.import_module(module_name)
    tree = ast.parse(inspect.getsource(module))
    found = []
    for within, name in _assigned(tree.body, ""):
        owner = reduce(getattr, within.split(".")[1:], module)
        held = getattr(owner, name, None)
        if isinstance(held, _MUTABLE) and held not in _OF_KINDS:
            found.append(f"{module_name}{within}.{name}")
    changes = (each for each in ast.walk(tree) if isinstance(each, ast.Global))
    return found + [f"{module_name}: global {', '.join(each.names)}" for each in changes]


def test_no_module_of_workflows_has_state() -> None:
    names = [each.name for each in pkgutil.iter_modules(workflows.__path__, "workflows.")]

    assert len(names) > 1
    assert [state for name in names for state in _state(name)] == []


def test_the_search_for_state_finds_some() -> None:
    assert _state("tests.workflows.forbidden") == ["tests.workflows.forbidden.DEEDS"]
