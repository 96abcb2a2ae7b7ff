"""A platform of talent service whose time begins on a day of the test's choice."""

from datetime import date, datetime

from bench.service import Platform
from casework.domain.case.opening import StartCase
from casework.domain.kinds.cycle.state import Cycle
from casework.domain.kinds.request.state import Request
from casework.domain.time.calendar import ZONE
from casework.messages.temporal import TASK_QUEUE
from casework.rehearsal.temporal_engine import CaseTime
from casework.store.register.cases import state
from tests.workflows.conftest import Bench, Handle

RECOGNISED = date(2025, 3, 17)


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


class Town:
    """A platform whose time began on a day of the test's choice."""

    def __init__(self, bench: Bench, begins_at: datetime, begun: datetime) -> None:
        self.bench = bench
        shift = begins_at - begun
        self.time = CaseTime(environment=bench.environment, shift=shift)
        self.platform = Platform(
            client=bench.environment.client, task_queue=TASK_QUEUE, run="test", rehearsal=shift
        )

    async def pass_until(self, moment: datetime, *handles: Handle) -> None:
        """Let time pass, and what it brings about happen."""
        await self.time.pass_until(moment)
        await self.bench.rest(*handles)

    async def cycle(self, start: StartCase) -> Cycle:
        found = await self._state(start)
        assert isinstance(found, Cycle)
        return found

    async def request(self, start: StartCase) -> Request:
        found = await self._state(start)
        assert isinstance(found, Request)
        return found

    async def _state(self, start: StartCase) -> object:
        async with self.bench.sessions() as session:
            return await state(session, start.case_no)


async def town(bench: Bench, begins_on: date = RECOGNISED) -> Town:
    return Town(bench, at(begins_on), await bench.environment.get_current_time())
