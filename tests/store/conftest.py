from collections.abc import Awaitable, Callable

import pytest

from casework.calendars import load_calendar
from casework.messages import Entry
from casework.store.engine import Sessions
from casework.store.recording import Written, record

Recording = Callable[..., Awaitable[list[Written]]]


@pytest.fixture
def recorded(sessions: Sessions) -> Recording:
    """Records entries, each in its transaction, and tells what became of them."""

    async def record_all(*entries: Entry) -> list[Written]:
        outcomes = []
        for entry in entries:
            async with sessions.begin() as session:
                outcomes.append(await record(session, entry, load_calendar()))
        return outcomes

    return record_all
