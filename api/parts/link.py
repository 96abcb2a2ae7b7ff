"""The API's interface to Temporal, for any workflow: each message is accepted once or not at all.

What Temporal has accepted is never lost: if the answer takes long (the register is unavailable),
the caller gets None and asks again under the same key. If Temporal has not accepted it, the call
raises ``AwayError``, and the same key can be sent again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import structlog
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    StartWorkflowExecutionResponse,
)
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowUpdateWithStartInput,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import (
    Priority,
    QueryRejectCondition,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.edge.problems import AwayError, ProblemError
from api.parts.repeats import carried_over, is_done, is_known, sent_before
from casework.domain.errors import DomainError
from casework.messages.temporal import ORDINARY, TASK_QUEUE
from casework.security.keys.vault import KeysAwayError
from casework.store.faults import Fault
from casework.temporal import signal_once

CONNECT_WITHIN = timedelta(seconds=3)
ACCEPT_WITHIN = timedelta(seconds=10)
"""A running worker accepts in milliseconds, or within seconds if the register is unavailable."""

_RUNS_TRIED = 5
"""How often a message is sent anew because the run has ended and another one has begun."""

T = TypeVar("T")

log = structlog.get_logger("api")


class NoRunError(Exception):
    """Temporal knows no open run of the workflow: it never began, or it has ended."""


class UnknownOperationError(Exception):
    """Temporal knows no update of that id."""


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """A workflow to be started unless it runs: its type, id, only argument, and a summary.

    ``priority``: before what its tasks go.
    """

    workflow: str
    id: str
    start: object
    summary: str
    priority: Priority = ORDINARY


@dataclass(frozen=True, kw_only=True)
class Begun(Generic[T]):
    """The answer to a beginning, None while it is still to come.

    ``opened``: this very call has started the workflow; it did not run before.
    """

    answer: T | None
    opened: bool


@dataclass(frozen=True, kw_only=True)
class _Run:
    """The last run of a workflow; ``only``: it is the first one, and none can have followed."""

    id: str
    only: bool
    open: bool


class Link:
    """Connects when first needed, so that the API starts even if Temporal is unavailable."""

    def __init__(
        self, connect: Callable[[], Awaitable[Client]], *, answer_within: timedelta
    ) -> None:
        self._connect = connect
        self._answer_within = answer_within
        self._connected: Client | None = None

    async def begin(
        self, beginning: Beginning, update: str, message: object, update_id: str, kind: type[T]
    ) -> Begun[T]:
        """Start the workflow unless it runs, and update it.

        Raises:
            NoRunError: a workflow of this id has already ended.
            DomainError: refused.
            ProblemError: Temporal does not accept such a message, however often it is sent.
            AwayError: it is not known whether the message was accepted.
        """
        with _translated():
            client = await self._client()
            operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
                beginning.workflow,
                beginning.start,
                id=beginning.id,
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                # A refused start must not block the id for everybody else.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                static_summary=beginning.summary,
                priority=beginning.priority,
            )
            _STARTED.set(False)
            async with asyncio.timeout(ACCEPT_WITHIN.total_seconds()):
                handle = await client.start_update_with_start_workflow(
                    update,
                    message,
                    start_workflow_operation=operation,
                    wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                    id=update_id,
                    result_type=kind,
                    rpc_timeout=ACCEPT_WITHIN,
                )
            opened = _STARTED.get()
            return Begun(answer=await self._result(handle), opened=opened)

    async def start(self, beginning: Beginning) -> None:
        """Start the workflow unless it runs; one of this id that has ended is started anew.

        Raises:
            AwayError: it is not known whether it was started.
        """
        with _translated():
            client = await self._client()
            async with asyncio.timeout(ACCEPT_WITHIN.total_seconds()):
                await client.start_workflow(
                    beginning.workflow,
                    beginning.start,
                    id=beginning.id,
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary=beginning.summary,
                    rpc_timeout=ACCEPT_WITHIN,
                )

    async def update(  # noqa: PLR0913 - whom, what, with what, under which id, for which answer
        self,
        workflow_id: str,
        update: str,
        message: object,
        *,
        update_id: str,
        known: Callable[[], Awaitable[T | None]] | None,
        kind: type[T],
    ) -> T | None:
        """Send an update; return None if the answer takes longer.

        With ``known``, the caller has chosen the id and may have sent it before. Then the earlier
        answer is returned: from Temporal if this run accepted it, otherwise from ``known``, which
        asks the register (None: nothing was done under this id). Without ``known`` the id is new.

        Raises:
            NoRunError: the workflow never began, or has ended.
            DomainError: refused; ``KEY_REUSED``: the id was used for other content.
            AwayError: it is not known whether the update was accepted.
        """
        with _translated():
            client = await self._client()
            if known is None:
                workflow = client.get_workflow_handle(workflow_id)
                handle = await _sent(workflow, update, message, update_id=update_id, kind=kind)
                return await self._result(handle)
            for _ in range(_RUNS_TRIED):
                run = await self._last_run(client, workflow_id)
                workflow = client.get_workflow_handle(workflow_id, run_id=run.id if run else None)
                if run is not None and await sent_before(
                    client, workflow_id, update, message, run_id=run.id, update_id=update_id
                ):
                    handle = workflow.get_update_handle(update_id, result_type=kind)
                    return await self._result(handle)
                # A run ends only after all its answers are in the register.
                if not (run and run.only) and (answer := await known()) is not None:
                    return answer
                if run is None or not run.open:
                    raise NoRunError
                # Send to this run only: before sending to a later one, ask the register again.
                with suppress(NoRunError):
                    handle = await _sent(workflow, update, message, update_id=update_id, kind=kind)
                    return await self._result(handle)
            raise AwayError("temporal")

    async def answer(self, workflow_id: str, update_id: str, kind: type[T]) -> T | None:
        """Return the answer to an earlier update; None if it takes longer.

        Raises:
            UnknownOperationError: nothing was accepted under that id.
            DomainError: the update was refused.
        """
        with _translated():
            client = await self._client()
            if not await is_known(client, workflow_id, update_id):
                raise UnknownOperationError
            workflow = client.get_workflow_handle(workflow_id)
            return await self._result(workflow.get_update_handle(update_id, result_type=kind))

    async def ask(self, workflow_id: str, query: str, kind: type[T]) -> T:
        """Return the answer to a query; it leaves no trace in the history.

        Raises:
            NoRunError: the workflow never began, or has ended.
            AwayError: nobody answers, or the workers are of another release.
        """
        with _translated():
            client = await self._client()
            workflow = client.get_workflow_handle(workflow_id)
            try:
                async with asyncio.timeout(ACCEPT_WITHIN.total_seconds()):
                    answer: T = await workflow.query(
                        query,
                        result_type=kind,
                        reject_condition=QueryRejectCondition.NOT_OPEN,
                        rpc_timeout=ACCEPT_WITHIN,
                    )
            except WorkflowQueryRejectedError:
                raise NoRunError from None
            except WorkflowQueryFailedError as error:
                log.warning("query_refused", query=query, reason=str(error))
                raise AwayError("temporal", Fault.UNFIT) from error
        return answer

    async def tell(self, workflow_id: str, signal: str, message: object, request_id: str) -> None:
        """Send a signal; the same ``request_id`` again is the same signal.

        Raises:
            NoRunError: the workflow never began, or has ended.
        """
        with _translated():
            client = await self._client()
            await signal_once(
                client, workflow_id, signal, message, request_id=request_id, within=ACCEPT_WITHIN
            )

    async def end(self, workflow_id: str, *, reason: str) -> None:
        """Terminate the run of that id.

        Raises:
            NoRunError: none runs.
            AwayError: it is not known whether the run has ended.
        """
        with _translated():
            client = await self._client()
            workflow = client.get_workflow_handle(workflow_id)
            await workflow.terminate(reason=reason, rpc_timeout=ACCEPT_WITHIN)

    async def took(self, workflow_id: str, update_id: str, *, seq: int = 0) -> bool:
        """Whether Temporal has taken the update that the register shows; ``seq``: as which event.

        The register may have recorded what Temporal never took, because both died together: then
        it has not happened, and the next event takes its place. So an answer of the register
        counts only if the open run has answered the update, or was started with its event. A run
        that is closed or forgotten has taken all that the register has of it.

        Raises:
            AwayError: Temporal does not tell.
        """
        with _translated():
            client = await self._client()
            run = await self._last_run(client, workflow_id)
            if run is None or not run.open:
                return True
            if await is_done(client, workflow_id, update_id, run.id):
                return True
            if run.only:
                return False
            return not seq or seq <= await carried_over(client, workflow_id, run.id)

    async def knows(self, workflow_id: str) -> bool:
        """Whether Temporal has a run of that id, open or ended (within its retention)."""
        try:
            with _translated():
                client = await self._client()
                workflow = client.get_workflow_handle(workflow_id)
                await workflow.describe(rpc_timeout=CONNECT_WITHIN)
        except NoRunError:
            return False
        return True

    async def _last_run(self, client: Client, workflow_id: str) -> _Run | None:
        """Return the run that accepts messages now, or the last that did; None: none is known."""
        try:
            described = await client.get_workflow_handle(workflow_id).describe(
                rpc_timeout=CONNECT_WITHIN
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        is_open = described.status is WorkflowExecutionStatus.RUNNING
        first = described.raw_description.workflow_execution_info.first_run_id
        only = is_open and first == described.run_id
        return _Run(id=described.run_id or "", only=only, open=is_open)

    async def why_away(self) -> AwayError | None:
        """Return why Temporal cannot serve now; None: it answers, and has our namespace."""
        try:
            with _translated():
                client = await self._client()
                async with asyncio.timeout(CONNECT_WITHIN.total_seconds()):
                    await client.workflow_service.describe_namespace(
                        DescribeNamespaceRequest(namespace=client.namespace),
                        timeout=CONNECT_WITHIN,
                    )
        except AwayError as error:
            return error
        except NoRunError:  # this server does not say what it has not found
            return AwayError("temporal", Fault.UNFIT)
        return None

    async def _client(self) -> Client:
        if self._connected is None:
            try:
                async with asyncio.timeout(CONNECT_WITHIN.total_seconds()):
                    self._connected = _telling(await self._connect())
            except (RuntimeError, TimeoutError) as error:
                raise AwayError("temporal") from error
        return self._connected

    async def _result(self, handle: WorkflowUpdateHandle[T]) -> T | None:
        """Await the answer; None if it does not come in time: it can still be asked for later."""
        try:
            async with asyncio.timeout(self._answer_within.total_seconds()):
                return await handle.result()
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCError):
            return None


async def _sent(
    workflow: WorkflowHandle[Any, Any],
    update: str,
    message: object,
    *,
    update_id: str,
    kind: type[T],
) -> WorkflowUpdateHandle[T]:
    """Send an update and return its handle; raise NoRunError if no run can accept it."""
    try:
        async with asyncio.timeout(ACCEPT_WITHIN.total_seconds()):
            return await workflow.start_update(
                update,
                message,
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                id=update_id,
                result_type=kind,
                rpc_timeout=ACCEPT_WITHIN,
            )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NoRunError from None
        raise


_STARTED: ContextVar[bool] = ContextVar("started", default=False)
"""Whether the last update-with-start of this asyncio task has started a workflow."""


class _Telling(Interceptor):
    """Finds out whether an update-with-start has started the workflow; the SDK does not say."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return _Outbound(next)


class _Outbound(OutboundInterceptor):
    async def start_update_with_start_workflow(
        self,
        input: StartWorkflowUpdateWithStartInput,  # noqa: A002 - the SDK's name
    ) -> WorkflowUpdateHandle[Any]:
        on_start = input._on_start  # noqa: SLF001 - the only place where the answer can be seen

        def heard(answer: StartWorkflowExecutionResponse) -> None:
            _STARTED.set(answer.started)
            on_start(answer)

        input._on_start = heard  # noqa: SLF001 - as above
        return await super().start_update_with_start_workflow(input)


def _telling(client: Client) -> Client:
    """Return the same client with this interceptor."""
    config = client.config()
    config["interceptors"] = [*config["interceptors"], _Telling()]
    return Client(**config)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except WorkflowUpdateFailedError as error:
        raise _refusal(error) from None
    except KeysAwayError as error:
        raise AwayError("register") from error
    except WorkflowAlreadyStartedError:
        raise NoRunError from None
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise AwayError("temporal") from error
    except RPCError as error:
        fault = _fault_of(error)
        if fault is None:
            raise NoRunError from None
        log.warning("temporal_refused", status=error.status.name, fault=fault)
        raise _of_the_request(error) or AwayError("temporal", fault) from error


def _of_the_request(error: RPCError) -> ProblemError | None:
    """Return a problem if Temporal refuses the request and would refuse it again.

    ``RESOURCE_EXHAUSTED`` means "too large" or "too many just now"; only its text tells which.
    """
    text = error.message.lower()
    if "size exceeds" in text or "larger than max" in text:
        return ProblemError(
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            code="MESSAGE_TOO_LARGE",
            detail="内容过大，不能办理；请分次提交，或将附件先行上传",
        )
    if error.status is RPCStatusCode.INVALID_ARGUMENT:
        return ProblemError(
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            code="MESSAGE_REFUSED",
            detail="流程引擎不接受此内容，请核对后再提交；原样重试无效",
        )
    return None


def _fault_of(error: RPCError) -> Fault | None:
    """Return why Temporal refused a call; None: it knows no such workflow."""
    if error.status is RPCStatusCode.NOT_FOUND:
        named = (detail.type_url for detail in error.grpc_status.details)
        is_namespace = any(url.endswith(".NamespaceNotFoundFailure") for url in named)
        return Fault.UNFIT if is_namespace else None
    return _FAULTS.get(error.status, Fault.AWAY)


_FAULTS = {
    RPCStatusCode.RESOURCE_EXHAUSTED: Fault.BUSY,
    RPCStatusCode.PERMISSION_DENIED: Fault.UNFIT,
    RPCStatusCode.UNAUTHENTICATED: Fault.UNFIT,
}


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
