"""An outreach over very many real cases, its worker killed midway: how long, how much history.

``python -m bench.outreach [cases]``; the cases are Application workflows that wait for an officer.
"""

import asyncio
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta

from rich.console import Console
from sqlalchemy import func, select
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from bench.cases import DISTRICT, Office
from bench.stack import running_stack
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import RecordAttempt
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date, opening
from casework.messages.cases import application_id
from casework.messages.outreach import WORKFLOW, StartOutreach, outreach_id
from casework.messages.temporal import TASK_QUEUE
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.models import Cases, ContactRequests, Contacts, Events, Measures

CASES = 10_000
AT_ONCE = 50
CALLED = 40
"""So many of the persons are called, each twice."""
PATIENCE_SECONDS = 3600
OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district=DISTRICT)
SUBJECT = "NO_ARCHIVE_CALL"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was seen; every number of a case or person that is not as it should be is a fault."""

    outreach_cases: int
    outreach_killed_at: int
    outreach_s: float
    outreach_history_events: int
    listed_once: int
    listed_again: int
    called: int
    called_twice: int


async def measure(run: str, cases: int = CASES, *, per_second: int = 50) -> Found:
    """Start the cases, tell everybody, kill the worker after a third, and count."""
    async with running_stack() as ordinary, ordinary.register() as opened:
        settings = ordinary.settings.model_copy(update={"rouse_per_second": per_second})
        stack = replace(ordinary, settings=settings)
        shift = _to_a_working_morning()
        office = Office(stack.client, TASK_QUEUE, run)
        with stack.worker() as worker:
            await _start_cases(office, opened, cases, shift)
            started = time.perf_counter()
            handle = await _start_outreach(stack.client, opened, run, shift)
            killed_at = await _until(opened, _ASKED, cases // 3)
            worker.kill()
        with stack.worker():
            await _until(opened, select(func.count(Contacts.case_no)), cases)
            took = time.perf_counter() - started
            called, twice = await _call(office, range(min(cases, CALLED)), run)
            history = (await handle.describe()).history_length
        listed = await _listings(opened)
        return Found(
            outreach_cases=cases,
            outreach_killed_at=killed_at,
            outreach_s=took,
            outreach_history_events=history,
            listed_once=sum(times == 1 for times in listed),
            listed_again=sum(times > 1 for times in listed),
            called=called,
            called_twice=twice,
        )


def _to_a_working_morning() -> timedelta:
    """From now to ten o'clock on the next working day, when people are called."""
    now = datetime.now(UTC)  # noqa: TID251 - a measurement happens now
    return opening(load_calendar().shift(local_date(now), 1), "10:00") - now


async def _start_cases(office: Office, opened: Sessions, cases: int, shift: timedelta) -> None:
    """Start them a few at a time: a worker that is given all at once begins all and ends none."""
    for first in range(0, cases, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, cases))
        await asyncio.gather(*(_start_case(office, number, shift) for number in numbers))
        await _until(opened, select(func.count(Cases.case_no)), numbers.stop)


async def _start_case(office: Office, number: int, shift: timedelta) -> None:
    case = replace(office.opening(number), rehearsal=shift)
    await office.client.start_workflow(
        "Application", case, id=application_id(case.case_no), task_queue=TASK_QUEUE
    )


async def _start_outreach(
    client: Client, opened: Sessions, run: str, shift: timedelta
) -> WorkflowHandle[object, object]:
    subject = f"{SUBJECT}.{DISTRICT}.{run}"
    async with opened.begin() as session:
        session.add(
            Measures(
                id=subject,
                effect=SUBJECT,
                name="暂缓调档",
                district=DISTRICT,
                items=("PTS_NEW",),
                since=date(2026, 1, 1),
                reference="",
                mark="source",
                origin="bench",
                version=0,
            )
        )
    start = StartOutreach(
        id=run, about=subject, kind="measure", text="暂缓调档，无需来窗口", rehearsal=shift
    )
    handle: WorkflowHandle[object, object] = await client.start_workflow(
        WORKFLOW, start, id=outreach_id(run), task_queue=TASK_QUEUE
    )
    return handle


_ASKED = select(func.count(ContactRequests.case_no)).where(ContactRequests.at.is_not(None))


async def _until(opened: Sessions, counting: object, wanted: int) -> int:
    """Wait until a count in the register has come to what is wanted; return it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with opened() as session:
                count = await session.scalar(counting)  # type: ignore[call-overload]
            if count >= wanted:
                return int(count)
            await asyncio.sleep(0.1)


async def _call(office: Office, numbers: Iterable[int], run: str) -> tuple[int, int]:
    """Call persons twice on one day; return how often that went, the first and the second time."""
    attempt = RecordAttempt(actor=OFFICER, outreach=run, reached=False)

    async def call(number: int) -> bool:
        case = office.opening(number).case_no
        handle = office.client.get_workflow_handle(application_id(case))
        return await _accepted(lambda: handle.execute_update("record_attempt", attempt))

    first = [await call(number) for number in numbers]
    second = [await call(number) for number in numbers]
    return sum(first), sum(second)


async def _accepted(calling: Callable[[], Awaitable[object]]) -> bool:
    try:
        await calling()
    except WorkflowUpdateFailedError as refused:
        if (
            isinstance(refused.cause, ApplicationError)
            and refused.cause.type == "ALREADY_TRIED_TODAY"
        ):
            return False
        raise
    return True


async def _listings(opened: Sessions) -> list[int]:
    """How often each case was listed."""
    query = select(func.count()).where(Events.kind == "contact_listed").group_by(Events.case_no)
    async with opened() as session:
        return list(await session.scalars(query))


async def _main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    found = await measure(uuid.uuid4().hex[:8], cases)  # noqa: TID251 - one name for this run
    for name, value in asdict(found).items():
        Console().print(f"{name:28} {value:,.1f}")


if __name__ == "__main__":
    asyncio.run(_main())
