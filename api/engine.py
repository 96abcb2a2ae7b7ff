"""Temporal as the routes speak to it: a verb is sent so that it is taken once or not at all.

What Temporal has accepted is never lost: if the answer takes long (the register is away), the
caller gets None and asks again under the same key. What it has not accepted is answered as
``AwayError``, and the same key can be sent again.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.problems import AwayError
from api.repeats import is_known, sent_before
from casework.domain.commands import Command
from casework.domain.errors import DomainError
from casework.messages import Receipt, StartApplication, Submit, application_id
from casework.temporal import TASK_QUEUE

WORKFLOW = "Application"
CONNECT_WITHIN = timedelta(seconds=3)
ACCEPT_WITHIN = timedelta(seconds=10)
"""A worker that runs accepts in milliseconds; one whose register is away, within seconds."""

log = structlog.get_logger("api")


class NoRunError(Exception):
    """Temporal knows no open run of the case: it never began, or it has ended."""


class UnknownOperationError(Exception):
    """Temporal knows no update of that id."""


class Engine:
    """Connects when first needed, so that the API starts while Temporal is away."""

    def __init__(
        self, connect: Callable[[], Awaitable[Client]], *, answer_within: timedelta
    ) -> None:
        self._connect = connect
        self._answer_within = answer_within
        self._connected: Client | None = None

    async def submit(self, start: StartApplication, update_id: str) -> Receipt | None:
        """Start the case unless it runs; return its receipt, None while that is still to come.

        Raises:
            NoRunError: a case of this number has already ended.
            DomainError: ``CONTENT_DIFFERS``.
            AwayError: not known to be taken.
        """
        with _translated():
            client = await self._client()
            operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
                WORKFLOW,
                start,
                id=application_id(start.case_no),
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=f"{start.item.name}　{start.office}",
            )
            async with asyncio.timeout(ACCEPT_WITHIN.total_seconds()):
                handle = await client.start_update_with_start_workflow(
                    "submit",
                    Submit(content=start.content),
                    start_workflow_operation=operation,
                    wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                    id=update_id,
                    result_type=Receipt,
                    rpc_timeout=ACCEPT_WITHIN,
                )
            return await self._result(handle)

    async def command(
        self, case_no: str, verb: str, command: Command, *, update_id: str, repeatable: bool
    ) -> Receipt | None:
        """Send a verb; return its receipt, None while that is still to come.

        ``repeatable``: the id is the caller's own and may have been sent before; then the earlier
        answer comes back.

        Raises:
            NoRunError: the case never began, or has ended.
            DomainError: refused; ``KEY_REUSED``: the id stood for something else.
            AwayError: not known to be taken.
        """
        with _translated():
            client = await self._client()
            workflow = client.get_workflow_handle(application_id(case_no))
            if repeatable and await sent_before(client, workflow.id, update_id, verb, command):
                earlier = workflow.get_update_handle(update_id, result_type=Receipt)
                return await self._result(earlier)
            async with asyncio.timeout(ACCEPT_WITHIN.total_seconds()):
                handle = await workflow.start_update(
                    verb,
                    command,
                    wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                    id=update_id,
                    result_type=Receipt,
                    rpc_timeout=ACCEPT_WITHIN,
                )
            return await self._result(handle)

    async def answer(self, case_no: str, update_id: str) -> Receipt | None:
        """The answer to what was sent before, None while it is still to come.

        Raises:
            UnknownOperationError: nothing was accepted under that id.
            DomainError: it was refused after all.
        """
        with _translated():
            client = await self._client()
            workflow_id = application_id(case_no)
            if not await is_known(client, workflow_id, update_id):
                raise UnknownOperationError
            workflow = client.get_workflow_handle(workflow_id)
            return await self._result(workflow.get_update_handle(update_id, result_type=Receipt))

    async def tell(self, case_no: str, fact: str, command: Command, *, request_id: str) -> None:
        """Send a fact as a signal; what cannot be applied is recorded by the case as refused.

        The same ``request_id`` again is the same signal and reaches the case once; an empty one
        is never a repeat.

        Raises:
            NoRunError: the case never began, or has ended.
        """
        with _translated():
            client = await self._client()
            signal = SignalWorkflowExecutionRequest(
                namespace=client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=application_id(case_no)),
                signal_name=fact,
                identity=client.identity,
                request_id=f"{fact}:{request_id or secrets.token_hex(16)}",
            )
            signal.input.payloads.extend(await client.data_converter.encode([command]))
            await client.workflow_service.signal_workflow_execution(
                signal, retry=True, timeout=ACCEPT_WITHIN
            )

    async def knows(self, case_no: str) -> bool:
        """Whether Temporal has a run of the case, open or ended (within its retention)."""
        try:
            with _translated():
                client = await self._client()
                workflow = client.get_workflow_handle(application_id(case_no))
                await workflow.describe(rpc_timeout=CONNECT_WITHIN)
        except NoRunError:
            return False
        return True

    async def is_here(self) -> bool:
        """Whether Temporal answers now."""
        try:
            with _translated():
                client = await self._client()
                async with asyncio.timeout(CONNECT_WITHIN.total_seconds()):
                    return await client.service_client.check_health(timeout=CONNECT_WITHIN)
        except AwayError:
            return False

    async def _client(self) -> Client:
        if self._connected is None:
            try:
                async with asyncio.timeout(CONNECT_WITHIN.total_seconds()):
                    self._connected = await self._connect()
            except (RuntimeError, TimeoutError) as error:
                raise AwayError("temporal") from error
        return self._connected

    async def _result(self, handle: WorkflowUpdateHandle[Receipt]) -> Receipt | None:
        """What was accepted is safe: whatever keeps the answer back, it can be asked for later."""
        try:
            async with asyncio.timeout(self._answer_within.total_seconds()):
                return await handle.result()
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCError):
            return None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except WorkflowUpdateFailedError as error:
        raise _refusal(error) from None
    except WorkflowAlreadyStartedError:
        raise NoRunError from None
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise AwayError("temporal") from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NoRunError from None
        log.warning("temporal_refused", status=error.status.name)
        raise AwayError("temporal") from error


def _refusal(failure: WorkflowUpdateFailedError) -> DomainError:
    cause = failure.cause
    if isinstance(cause, ActivityError) and cause.cause is not None:
        cause = cause.cause
    if not isinstance(cause, ApplicationError) or not cause.type:
        raise failure
    if cause.type == "CaseTaken":
        return DomainError("CASE_TAKEN", "此办件编号已有办件，且来自另一次启动，请联系管理员")
    field = str(cause.details[0]) if cause.details else ""
    return DomainError(cause.type, cause.message, field)
