"""The register of the tests: a real PostgreSQL, its tables built by the migrations.

Each process of ``pytest -n`` has a server of its own, started when the first test asks for it.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from casework.local.devstack import postgres
from casework.security.keys.vault import Vault
from casework.settings import Settings
from casework.store.engine import Sessions, create_engine, migrate
from casework.store.engine import sessions as open_sessions
from casework.store.sealing.ring_vault import RingVault
from tests.store.emptied import empty

pytest_plugins = ("tests.standstill", "tests.timing")


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


@pytest.fixture(scope="session")
async def postgres_url() -> AsyncIterator[str]:
    """A server whose database is empty."""
    async with postgres() as url:
        yield url


@pytest.fixture(scope="session")
async def register_url(postgres_url: str) -> str:
    """The address of the register, its tables as the migrations make them."""
    await migrate(postgres_url)
    return postgres_url


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
    vault = RingVault.open(settings, lambda: create_engine(register_url), at=datetime.now(UTC))
    async with aclosing(vault):
        yield vault


@pytest.fixture
async def sealed_sessions(register_engine: AsyncEngine, ring_vault: Vault) -> Sessions:
    """Sessions of a register without cases, in which everything about people is sealed."""
    await empty(register_engine)
    return open_sessions(register_engine, ring_vault)
