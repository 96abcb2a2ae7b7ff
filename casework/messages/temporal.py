"""What every workflow shares with Temporal: the task queue, schedules, and how it says no."""

from temporalio.client import (
    Client,
    Schedule,
    ScheduleAlreadyRunningError,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.exceptions import ApplicationError

from casework.domain.errors import DomainError

TASK_QUEUE = "casework"


async def keep(client: Client, name: str, schedule: Schedule, *, at_once: bool = False) -> None:
    """Create the schedule, or bring it up to date; whether it is paused stays as it is.

    ``at_once``: a new one also runs now.

    Raises:
        RPCError: the server has no schedules, or does not let us keep one.
    """

    def updated(found: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule.state = found.description.schedule.state
        return ScheduleUpdate(schedule=schedule)

    try:
        await client.create_schedule(name, schedule, trigger_immediately=at_once)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(updated)


class RefusalError(ApplicationError):
    """Says no, with a stable code as ``type``, Chinese words and, if one is to blame, the field.

    Any SDK can read it, and so can whoever reads Temporal: nothing that somebody wrote may be in
    it. What a rule may say is tested (``tests/domain/hostile.py``).
    """

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(reason, *([field] if field else []), type=code, non_retryable=True)

    @classmethod
    def of(cls, error: DomainError) -> "RefusalError":
        """The refusal of a rule."""
        return cls(error.code, error.message, error.field)
