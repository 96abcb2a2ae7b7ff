"""One room of each kind for all rehearsals of a test process."""

from collections.abc import AsyncIterator

import pytest

from casework.rehearsal import RehearsalRoom, pure_room, rehearsal_room
from casework.store.engine import Sessions


@pytest.fixture(scope="session")
async def opened(register_url: str) -> AsyncIterator[RehearsalRoom]:
    async with rehearsal_room(register_url) as room:
        yield room


@pytest.fixture
def room(opened: RehearsalRoom, sessions: Sessions) -> RehearsalRoom:
    """The room, over a register in which other tests have left nothing."""
    del sessions
    return opened


@pytest.fixture(scope="session")
def rules() -> RehearsalRoom:
    """The room of the rules alone: no server, no register."""
    return pure_room()
