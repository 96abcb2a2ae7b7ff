"""The register of the tests: a real PostgreSQL, its tables built by the migrations.

Each process of ``pytest -n`` has a server of its own, started when the first test asks for it.
"""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.devstack import postgres
from casework.store.engine import Sessions, create_engine, migrate
from casework.store.engine import sessions as open_sessions
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
