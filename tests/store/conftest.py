from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.messages import Entry
from casework.store.engine import Sessions
from casework.store.engine import sessions as open_sessions
from casework.store.recording import Written, record
from tests.store.emptied import empty

Recording = Callable[..., Awaitable[list[Written]]]


@pytest.fixture
async def sessions(register_engine: AsyncEngine) -> Sessions:
    """Sessions of a register without cases and orders."""
    await empty(register_engine)
    return open_sessions(register_engine)


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
