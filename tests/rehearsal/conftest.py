"""One room for all rehearsals of a test process."""

from collections.abc import AsyncIterator

import pytest

from casework.rehearsal import RehearsalRoom, rehearsal_room


@pytest.fixture(scope="session")
async def room(register_url: str) -> AsyncIterator[RehearsalRoom]:
    async with rehearsal_room(register_url) as opened:
        yield opened
