"""Signs that a part is ready; each answers False for "not yet" and never raises for it."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from casework import temporal
from casework.local.devstack.part import Ready
from casework.messages.temporal import TASK_QUEUE
from casework.settings import LOOPBACK, Settings

_ANSWER_SECONDS = 2.0
POLLED_WITHIN = timedelta(seconds=75)
"""A poll that finds nothing to do lasts a minute."""


def http_answers(url: str) -> Ready:
    """Ready when a GET of the address is answered with a success."""

    async def ready(_: datetime) -> bool:
        try:
            # The stack is local: a proxy of the environment must not stand between.
            async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client:
                return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False

    return ready


def tcp_answers(*ports: int) -> Ready:
    """Ready when every port of the loopback takes a connection."""

    async def ready(_: datetime) -> bool:
        for port in ports:
            try:
                _reader, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                return False
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return True

    return ready


def postgres_answers(sockets: str, user: str) -> Ready:
    """Ready when PostgreSQL takes a session on its socket."""

    async def ready(_: datetime) -> bool:
        try:
            session = await asyncpg.connect(
                host=sockets, user=user, database="postgres", timeout=_ANSWER_SECONDS
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return False
        await session.close()
        return True

    return ready


def temporal_answers(target: str, namespace: str) -> Ready:
    """Ready when the server takes a call about the namespace."""

    async def ready(_: datetime) -> bool:
        try:
            client = await Client.connect(target, namespace=namespace)
            await client.count_workflows()
        except (RuntimeError, RPCError):
            return False
        return True

    return ready


def worker_polls(settings: Settings, *, host: str = "") -> Ready:
    """Ready when a worker, of that host if one is named, asks for workflow tasks.

    It has done so since the process began, and within ``POLLED_WITHIN``: a worker all of whose
    tasks hang asks for no more of them.
    """

    async def ready(began_at: datetime) -> bool:
        try:
            client = await temporal.connect(settings)
            queue = await client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=client.namespace,
                    task_queue=TaskQueue(name=TASK_QUEUE),
                    task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                )
            )
        except (RuntimeError, RPCError):
            return False
        # The server remembers the pollers of dead workers for minutes.
        since = max(began_at, datetime.now(UTC) - POLLED_WITHIN)  # noqa: TID251 - whether it is ready now
        return any(
            poller.last_access_time.ToMicroseconds() >= since.timestamp() * 1e6
            for poller in queue.pollers
            if poller.identity.endswith(f"@{host}" if host else "")
        )

    return ready
