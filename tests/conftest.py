"""What tests of all rooms stand on: the register, one local stack, and who runs which test.

The register is a real PostgreSQL, its tables built by the migrations; each process of ``pytest -n``
has a server of its own. The stack is one for all processes. Both start when the first test asks.
"""

import gc
import inspect
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from xdist.scheduler import LoadGroupScheduling

from casework.local.devstack import postgres
from casework.security.keys.vault import Vault
from casework.settings import Settings
from casework.store.engine import Sessions, create_engine, migrate
from casework.store.engine import sessions as open_sessions
from casework.store.sealing.ring_vault import RingVault
from tests.e2e.town_hall import TownHall, stack_settings, typed
from tests.store.emptied import empty
from tests.store.kept import close_kept, kept_engine
from tests.ways import Walk, walking
from workers.sandbox import shared_room

# How many random worlds: a hundred in `make test`, five thousand in `make nightly`.
hypothesis.settings.register_profile("nightly", max_examples=5_000, deadline=None)

pytest_plugins = ("tests.standstill", "tests.timing")

# What is imported and collected stays to the end. To look through it for garbage again and again
# takes a tenth of the whole run, so the collector is off until it is all there, and leaves it out
# without a last look: that takes a second in each process, and finds nothing worth the room.
gc.disable()

_getmodule = inspect.getmodule


def _module_of(asked: object, _filename: str | None = None) -> ModuleType | None:
    """As `inspect.getmodule`, which looks through all modules for each frame of the import system.

    The models of SCIM have pydantic ask for every frame of the stack, again for each model.
    """
    if inspect.isframe(asked):
        return sys.modules.get(asked.f_globals.get("__name__", ""))
    return _getmodule(asked, _filename)


inspect.getmodule = _module_of  # type: ignore[assignment]  # but for the name of a parameter


def pytest_collection_finish() -> None:
    inspect.getmodule = _getmodule
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _tried_once() -> Iterator[None]:
    """A workflow is tried in the sandbox by the first worker of the process, not by each anew.

    That is what takes longest in starting a worker. What runs in it still runs in the sandbox.
    """
    prepare = SandboxedWorkflowRunner.prepare_workflow
    tried: set[type] = set()

    def once(runner: SandboxedWorkflowRunner, definition: Any) -> None:
        if definition.cls not in tried:
            prepare(runner, definition)
            tried.add(definition.cls)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SandboxedWorkflowRunner, "prepare_workflow", once)
        yield


@pytest.fixture
def import_anew() -> Iterator[Callable[[], None]]:
    """To be called after something was put in another's place, so that workflows see it."""
    yield shared_room.cache_clear
    shared_room.cache_clear()


@pytest.fixture
def walk() -> Iterator[Walk]:
    """To be asked for before what has threads of its own, which it has to see."""
    with walking() as walk:
        yield walk


STACK = "hall"
"""The fixture of the one stack, and the group of the tests that ask for it."""
SLOW_ROOMS = {
    "activities",
    "api",
    "authority",
    "desk",
    "e2e",
    "identity",
    "kinds",
    "rehearsal",
    "replay",
    "security",
    "stack",
    "store",
    "workflows",
}
"""Whose modules take up to a minute each."""
SLOW_MODULES = {
    "test_another_release.py",
    "test_command.py",
    "test_contract.py",
    "test_dependencies.py",
    "test_growth.py",
    "test_hostile_files.py",
    "test_packaging.py",
    "test_standstill.py",
}
"""Those of other rooms that take ten seconds or more; all others take a few."""
STACK_SECONDS = 600
"""The limit of such a test: it may have to start the stack, and wait for parts that were killed."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """What takes long begins first, so that no process waits for another one at the end."""
    for item in items:
        asks = STACK in getattr(item, "fixturenames", ())
        if asks and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(STACK_SECONDS))
    yield  # pytest-randomly shuffles
    items.sort(key=_begins)


def _begins(item: pytest.Item) -> int:
    if _asks_for_the_stack(item.path):
        return 0
    slow = item.path.parent.name in SLOW_ROOMS or item.path.name in SLOW_MODULES
    return 1 if slow else 2


@cache
def _asks_for_the_stack(module: Path) -> bool:
    """Whether a test of the module does: then one process runs all such modules in turn."""
    return f"{STACK}: TownHall" in module.read_text()


class ByModule(LoadGroupScheduling):  # type: ignore[misc]  # it has no types
    """Each process takes a module at a time, or all of the stack: what these share is made once.

    The groups of xdist have no effect with this pytest, which keeps the id of a test elsewhere.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return STACK if _asks_for_the_stack(self.config.rootpath / module) else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule | None:
    if config.getoption("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # the order is that of above
    return ByModule(config, log)


@pytest.fixture(scope="session")
def hall() -> Iterator[TownHall]:
    """The stack as a newcomer starts it: others have worked and killed there before."""
    with tempfile.TemporaryDirectory(prefix="casework-e2e-") as folder:
        Path(folder).chmod(0o711)
        settings = stack_settings(Path(folder) / "home")
        started = typed(settings, "up", "--detach")
        try:
            assert started.returncode == 0, started.stdout + started.stderr
            hall = TownHall(settings=settings, welcome=started.stdout)
            _OPEN.append(hall)
            yield hall
        finally:
            typed(settings, "down")


_OPEN: list[TownHall] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Stop the stack after the last module that asks for it: at rest it still costs what it polls.

    Without xdist the modules may come in any order, and it is left.
    """
    outcome = yield
    if nextitem is None or not hasattr(item.config, "workerinput"):
        return outcome
    if _asks_for_the_stack(item.path) and not _asks_for_the_stack(nextitem.path):
        while _OPEN:
            typed(_OPEN.pop().settings, "down")
    return outcome


@pytest.fixture(scope="session")
async def postgres_url() -> AsyncIterator[str]:
    """A server whose database is empty."""
    async with postgres() as url:
        yield url


@pytest.fixture(scope="session")
async def register_url(postgres_url: str) -> AsyncIterator[str]:
    """The address of the register, its tables as the migrations make them."""
    await migrate(postgres_url)
    yield postgres_url
    await close_kept(postgres_url)


@pytest.fixture(scope="session")
async def register_engine(register_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(register_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def sessions(register_engine: AsyncEngine) -> Sessions:
    """Sessions of a register without cases, whatever earlier tests have left there."""
    await empty(register_engine)
    return open_sessions(register_engine)


@pytest.fixture
async def ring_vault(register_url: str, tmp_path: Path) -> AsyncIterator[Vault]:
    """A vault with a key ring of its own, whose secrets are in the register."""
    settings = Settings(home=tmp_path / "vault")
    vault = RingVault.open(settings, lambda: kept_engine(register_url), at=datetime.now(UTC))
    async with aclosing(vault):
        yield vault


@pytest.fixture
async def sealed_sessions(register_engine: AsyncEngine, ring_vault: Vault) -> Sessions:
    """Sessions of a register without cases, in which everything about people is sealed."""
    await empty(register_engine)
    return open_sessions(register_engine, ring_vault)
