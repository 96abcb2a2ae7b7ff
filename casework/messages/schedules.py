"""The task queue of every workflow, and keeping a Temporal schedule as this release has it."""

from temporalio.client import (
    Client,
    Schedule,
    ScheduleAlreadyRunningError,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

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
