"""The case's own time in a rehearsal.

The time-skipping server begins at the present and knows no past; a case's time is the server's,
moved by the ``rehearsal`` shift with which it was started.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio.testing import WorkflowEnvironment


@dataclass(frozen=True, kw_only=True)
class CaseTime:
    """``shift`` is what the workflow adds to the server's time."""

    environment: WorkflowEnvironment
    shift: timedelta

    async def now(self) -> datetime:
        """The case's time, aware."""
        return await self.environment.get_current_time() + self.shift

    async def pass_until(self, moment: datetime) -> None:
        """Skip to that moment; whatever fires on the way has fired. Nothing, if it is over."""
        left = moment - await self.now()
        if left > timedelta():
            await self.environment.sleep(left)
