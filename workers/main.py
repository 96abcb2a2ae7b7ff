"""The worker process: builds what the activities need and runs the workflows.

``create_worker`` is also what tests, rehearsals and replays use, so that they run the production
sandbox and converter.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.absences import AbsenceActivities
from activities.calendar import CalendarActivities
from activities.data_checks import DataCheckActivities
from activities.departments import DepartmentActivities
from activities.notices import NoticeActivities
from activities.orders import OrderActivities
from activities.outreach import OutreachActivities
from activities.policies import PolicyActivities
from activities.register import RegisterActivities
from activities.requests import RequestActivities
from activities.visits import VisitActivities
from casework.log import configure_log
from casework.notices.mail import MailSender
from casework.notices.sms import SmsSender
from casework.service_catalogue import load_service_catalogue
from casework.service_roster import load_service_roster
from casework.settings import Settings
from casework.store.engine import Sessions, create_engine, sessions
from casework.store.notice_book import RegisterNoticeBook
from casework.store.subjects import RegisterSubjects
from casework.temporal import TASK_QUEUE, connect
from workers.starting import make_ready
from workflows.absence import AbsenceWorkflow
from workflows.application import ApplicationWorkflow
from workflows.calendar_watch import CalendarWatchWorkflow
from workflows.order import OrderWorkflow
from workflows.outreach import OutreachWorkflow
from workflows.service_cycle import ServiceCycleWorkflow
from workflows.service_request import ServiceRequestWorkflow
from workflows.ticket import TicketWorkflow
from workflows.visit_round import VisitRoundWorkflow
from workflows.visit_rounds import VisitRoundsWorkflow

WORKFLOWS = (
    ApplicationWorkflow,
    ServiceRequestWorkflow,
    ServiceCycleWorkflow,
    TicketWorkflow,
    VisitRoundWorkflow,
    VisitRoundsWorkflow,
    AbsenceWorkflow,
    OrderWorkflow,
    OutreachWorkflow,
    CalendarWatchWorkflow,
)

# What has no state and no side effects at import is shared with the sandbox; workflows never are,
# but for the one module that only declares handlers.
_PASSED_THROUGH = (
    "casework",
    "activities",
    "workflows.verbs",
    "pydantic",
    "sqlalchemy",
    "httpx",
    "structlog",
)


def sandbox() -> SandboxedWorkflowRunner:
    """The sandbox in which workflows run and are replayed."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The activities of one worker, and the register beneath them."""

    sessions: Sessions
    register: RegisterActivities
    notices: NoticeActivities
    departments: DepartmentActivities
    orders: OrderActivities
    outreach: OutreachActivities
    calendar: CalendarActivities
    data_checks: DataCheckActivities
    requests: RequestActivities
    visits: VisitActivities
    absences: AbsenceActivities
    policies: PolicyActivities

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        return [
            self.register.record,
            self.register.barred,
            self.register.in_force,
            self.register.standing,
            self.notices.send,
            self.departments.report_up,
            self.departments.call_archive,
            self.departments.dispatch,
            self.orders.book,
            self.orders.apply,
            self.orders.rouse,
            self.outreach.open,
            self.outreach.make_list,
            self.outreach.ask,
            self.outreach.share,
            self.outreach.stand,
            self.outreach.end,
            self.calendar.next_year,
            self.calendar.remind,
            self.data_checks.check,
            self.requests.tell,
            self.visits.plan,
            self.visits.draw,
            self.absences.record,
            self.absences.end,
            self.absences.rouse,
            self.policies.cycle,
        ]


@asynccontextmanager
async def build_parts(settings: Settings) -> AsyncIterator[Parts]:
    """The activities over the settings' register and outside parties; closed at the end."""
    async with AsyncExitStack() as stack:
        engine = create_engine(settings.database)
        stack.push_async_callback(engine.dispose)
        http = await stack.enter_async_context(httpx.AsyncClient())
        opened = sessions(engine)
        mail = MailSender(
            host=settings.smtp_host, port=settings.smtp_port, sender=settings.mail_from
        )
        yield Parts(
            sessions=opened,
            register=RegisterActivities(opened),
            notices=NoticeActivities(
                book=RegisterNoticeBook(opened),
                mail=mail,
                sms=SmsSender(http=http, url=settings.sms_url, signature=settings.sms_signature),
            ),
            departments=DepartmentActivities(
                http=http,
                url=settings.superior_url,
                callback_url=f"{settings.api_public_url}/v1/callbacks",
            ),
            orders=OrderActivities(opened, settings.rouse_per_second),
            outreach=OutreachActivities(opened, settings.rouse_per_second),
            calendar=CalendarActivities(opened, mail, settings.operator_mail),
            data_checks=DataCheckActivities(
                http=http, url=settings.superior_url, subjects=RegisterSubjects(opened)
            ),
            requests=RequestActivities(opened),
            visits=VisitActivities(opened, load_service_catalogue(), load_service_roster()),
            absences=AbsenceActivities(opened, settings.rouse_per_second),
            policies=PolicyActivities(load_service_catalogue()),
        )


def create_worker(
    client: Client,
    parts: Parts,
    *,
    task_queue: str = TASK_QUEUE,
    sandboxed: bool = True,
    **options: Any,  # noqa: ANN401 - the SDK's own
) -> Worker:
    """A worker with the production sandbox; ``options`` go to ``temporalio.worker.Worker``."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=parts.activities,
        workflow_runner=sandbox() if sandboxed else UnsandboxedWorkflowRunner(),
        **options,
    )


async def main(settings: Settings) -> None:
    """Run a worker until SIGINT or SIGTERM; what is under way is finished or handed back."""
    configure_log(json=settings.log_json)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await connect(settings)
    async with build_parts(settings) as parts:
        stopped = asyncio.create_task(stop.wait())
        ready = asyncio.create_task(make_ready(client, parts.sessions))
        await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            ready.cancel()
            return
        ready.result()
        async with create_worker(client, parts, sandboxed=settings.workflow_sandbox):
            await stopped
