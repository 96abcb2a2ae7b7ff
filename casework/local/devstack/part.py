"""A part of the stack: what to run, how to see that it is ready, and how it fails.

A sign of readiness answers False for "not yet" and never raises for it.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from casework import temporal
from casework.messages.temporal import TASK_QUEUE
from casework.settings import LOOPBACK, Settings

Ready = Callable[[datetime], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True)
class Account:
    """The system account a process runs under."""

    uid: int
    gid: int


async def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process to keep alive.

    ``ready`` gets the time (UTC) the process began and must not raise for "not yet"; it is asked
    again as long as the process lives. ``prepare`` runs before every start, restarts included.
    ``account`` None is our own.
    """

    name: str
    command: tuple[str, ...]
    ready: Ready
    environment: Mapping[str, str] | None = None
    account: Account | None = None
    prepare: Callable[[], Awaitable[None]] = _nothing
    stop_signal: int = signal.SIGTERM
    grace_seconds: float = 10.0
    ready_within_seconds: float = 60.0
    looked_at_every_seconds: float = 10.0
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class ApplicationStage:
    """Parts that start together; ``then`` runs once all of them are ready."""

    parts: tuple[Part, ...]
    then: Callable[[], Awaitable[None]] = _nothing


_ANSWER_SECONDS = 2.0
POLLED_WITHIN = timedelta(seconds=75)
"""A poll that finds nothing to do lasts a minute."""


def http_answers(url: str) -> Ready:
    """Ready when a GET of the address is answered with a success."""
    certificates = httpx.create_ssl_context()  # each client would read them anew

    async def ready(_: datetime) -> bool:
        try:
            # The stack is local: a proxy of the environment must not stand between.
            async with httpx.AsyncClient(
                timeout=_ANSWER_SECONDS, trust_env=False, verify=certificates
            ) as client:
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


class StackError(Exception):
    """A reason to stop; ``exit_code`` 2 means the surroundings must change, 1 that a part broke."""

    def __init__(self, message: str, *, exit_code: int = 2) -> None:
        """Take the one line that the engineer reads."""
        super().__init__(message)
        self.exit_code = exit_code


class AlreadyRunningError(StackError):
    """Another supervisor holds this home."""


class PartFailedError(StackError):
    """A part died too often or never became ready; the line names its log."""

    def __init__(self, message: str) -> None:
        """Take the one line that the engineer reads."""
        super().__init__(message, exit_code=1)
