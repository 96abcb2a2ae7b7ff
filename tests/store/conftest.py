from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.messages.entry import Entry
from casework.security.keys.vault import PLAIN, Vault
from casework.store.engine import Sessions
from casework.store.engine import sessions as open_sessions
from casework.store.register.recording import Written, record
from tests.store.emptied import empty

Recording = Callable[..., Awaitable[list[Written]]]


in_clear_and_sealed = pytest.mark.parametrize("vault", ["plain", "sealed"], indirect=True)
"""Runs tests twice: nothing may depend on whether the register is sealed."""


@pytest.fixture
def vault(request: pytest.FixtureRequest) -> Vault:
    """The vault of the sessions; it seals nothing unless a test says so."""
    if getattr(request, "param", "plain") == "plain":
        return PLAIN
    vault: Vault = request.getfixturevalue("ring_vault")
    return vault


@pytest.fixture
async def sessions(register_engine: AsyncEngine, vault: Vault) -> Sessions:
    """Sessions of a register without cases and orders."""
    await empty(register_engine)
    return open_sessions(register_engine, vault)


@pytest.fixture
def recorded(sessions: Sessions) -> Recording:
    """Records entries, each in its transaction, and tells what became of them."""

    async def record_all(*entries: Entry) -> list[Written]:
        outcomes = []
        for entry in entries:
            async with sessions.begin() as session:
                outcomes.append(await record(session, entry))
        return outcomes

    return record_all
