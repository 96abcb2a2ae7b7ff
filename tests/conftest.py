"""The register of the tests: a real PostgreSQL, its tables built by the migrations.

Each process of ``pytest -n`` has a server of its own, started when the first test asks for it.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.local.devstack import postgres
from casework.security.keys.vault import Vault
from casework.settings import Settings
from casework.store.engine import Sessions, create_engine, migrate
from casework.store.engine import sessions as open_sessions
from casework.store.sealing.ring_vault import RingVault
from tests.store.emptied import empty


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
