"""A case under way: what is done to it, as officers and systems do it in production."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from casework.domain.case.commands import Command
from casework.domain.case.opening import StartCase
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.policy import MaterialForm
from casework.messages.cases import Outcome, Receipt, Submit
from casework.messages.schedules import TASK_QUEUE
from casework.rehearsal.broken import SILENT, BrokenError
from casework.rehearsal.rest import raise_if_broken
from casework.rehearsal.step import CASE_CLOSED

ANSWER_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class RefusalError:
    """An attempt that was refused: stable code and Chinese reason."""

    code: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A refused attempt, for the timeline: the register knows nothing of most of them."""

    at: datetime
    command: Command
    refusal: RefusalError


@dataclass(frozen=True, kw_only=True)
class PlayedCase:
    """The workflow of one rehearsed case, in whatever run; ``name`` is the scenario's for it.

    ``forms``: in which form each material of its checklist is handed in. ``subject``: whose it is.
    """

    name: str
    kind: CaseKind
    case_no: str
    title: str
    handle: WorkflowHandle[object, Outcome]
    forms: Mapping[str, MaterialForm]
    subject: str = ""
    attempts: list[Attempt] = field(default_factory=list)

    async def do(self, verb: str, command: Command) -> RefusalError | None:
        """Send the update; return why it was refused, if it was."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                receipt = await self.handle.execute_update(verb, command, result_type=Receipt)
        except WorkflowUpdateFailedError as error:
            return refusal_of(error)
        except RPCError as error:
            return _closed(error)
        return (
            RefusalError(code=receipt.refused, reason=receipt.reason) if receipt.refused else None
        )

    async def signal(self, fact: str, command: Command) -> RefusalError | None:
        """Send the signal; what becomes of it, the register tells, unless the case is closed."""
        try:
            await self.handle.signal(fact, command)
        except RPCError as error:
            return _closed(error)
        return None


async def submit(
    client: Client, start: StartCase, name: str, forms: Mapping[str, MaterialForm]
) -> PlayedCase:
    """Open the case; it is in the register when this returns.

    Raises:
        BrokenError: its workflow keeps failing; TimeoutError.
    """
    about = workflow_id(start.kind, start.case_no)
    operation: WithStartWorkflowOperation[object, Outcome] = WithStartWorkflowOperation(
        KINDS[CaseKind(start.kind)].workflow,
        start,
        id=about,
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        result_type=Outcome,
    )
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            await client.execute_update_with_start_workflow(
                "submit",
                Submit(content=start.content),
                start_workflow_operation=operation,
                result_type=Receipt,
            )
    except SILENT:
        await raise_if_broken([client.get_workflow_handle(about)])
        raise
    return PlayedCase(
        name=name,
        kind=CaseKind(start.kind),
        case_no=start.case_no,
        title=f"{start.item.name}，{start.item.district_name}",
        # By id alone: a long life goes on in further runs.
        handle=client.get_workflow_handle(about, result_type=Outcome),
        forms=forms,
        subject=start.subject,
    )


def _closed(error: RPCError) -> RefusalError:
    if error.status is not RPCStatusCode.NOT_FOUND:
        raise error
    return RefusalError(code=CASE_CLOSED, reason="本件已办结")


def refusal_of(error: WorkflowUpdateFailedError) -> RefusalError:
    """Why an update was refused; raises what is no refusal, BrokenError for a faulty program."""
    if not isinstance(error.cause, ApplicationError):
        raise error
    code = error.cause.type or ""
    if code == "INTERNAL" or not code.isupper():  # an exception of the program, not a rule
        raise BrokenError(f"{code}: {error.cause.message}") from error
    return RefusalError(code=code, reason=error.cause.message)
