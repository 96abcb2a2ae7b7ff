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
import structlog
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.departments import DepartmentActivities
from activities.notices import NoticeActivities
from activities.register import RegisterActivities
from casework.log import configure_log
from casework.notices.mail import MailSender
from casework.notices.sms import SmsSender
from casework.settings import Settings
from casework.store.engine import create_engine, sessions
from casework.store.notice_book import RegisterNoticeBook
from casework.temporal import TASK_QUEUE, connect, register_search_attributes
from workflows.application import ApplicationWorkflow

WORKFLOWS = (ApplicationWorkflow,)

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
    """The activities of one worker."""

    register: RegisterActivities
    notices: NoticeActivities
    departments: DepartmentActivities

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        return [
            self.register.record,
            self.register.barred,
            self.notices.send,
            self.departments.report_up,
            self.departments.call_archive,
            self.departments.dispatch,
        ]


@asynccontextmanager
async def build_parts(settings: Settings) -> AsyncIterator[Parts]:
    """The activities over the settings' register and outside parties; closed at the end."""
    async with AsyncExitStack() as stack:
        engine = create_engine(settings.database)
        stack.push_async_callback(engine.dispose)
        http = await stack.enter_async_context(httpx.AsyncClient())
        opened = sessions(engine)
        yield Parts(
            register=RegisterActivities(opened),
            notices=NoticeActivities(
                book=RegisterNoticeBook(opened),
                mail=MailSender(
                    host=settings.smtp_host, port=settings.smtp_port, sender=settings.mail_from
                ),
                sms=SmsSender(http=http, url=settings.sms_url, signature=settings.sms_signature),
            ),
            departments=DepartmentActivities(
                http=http,
                url=settings.superior_url,
                callback_url=f"{settings.api_public_url}/v1/callbacks",
            ),
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


async def _register_search_attributes(client: Client) -> None:
    try:
        await register_search_attributes(client)
    except RPCError as error:
        # A cluster may reserve this for its operators; the runbook has their command.
        structlog.get_logger("worker").warning(
            "search_attributes_not_registered", status=error.status.name
        )


def _worker(client: Client, parts: Parts, settings: Settings) -> Worker:
    return create_worker(client, parts, sandboxed=settings.workflow_sandbox)


async def main(settings: Settings) -> None:
    """Run a worker until SIGINT or SIGTERM; what is under way is finished or handed back."""
    configure_log(json=settings.log_json)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await connect(settings)
    await _register_search_attributes(client)
    async with build_parts(settings) as parts, _worker(client, parts, settings):
        await stop.wait()
