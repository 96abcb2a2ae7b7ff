"""The contract as a Python backend uses it over Temporal: messages, ids, proofs, answers.

This and what it imports is a distribution of its own, ``casework-contract`` (``deploy/contract``):
it brings neither the API nor the register, and opens nothing that is sealed. ``docs/contract.md``
says what may be relied on::

    client = await connect("temporal:7233", Signer.read("points-portal", pem))
    receipt = await submit(client, start)
    receipt = await act(client, receipt.case_no, Supplement(actor=..., materials=...))
    outcome = await outcome_of(client, receipt.case_no)
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.contrib.pydantic import pydantic_data_converter as converter
from temporalio.exceptions import ApplicationError

from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.case.opening import Party, Route, StartCase
from casework.domain.kinds.application.commands import MaterialsReceived, Supplement
from casework.domain.kinds.application.commands import Withdraw as WithdrawApplication
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.appointment.opening import StartAppointment
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.incoming_mail.opening import StartIncomingMail
from casework.domain.kinds.parcel.opening import StartParcel
from casework.domain.kinds.rating.opening import StartRating
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.kinds.request.opening import StartRequest
from casework.domain.kinds.ticket.opening import StartTicket
from casework.domain.kinds.wage.opening import StartWageComplaint
from casework.domain.kinds.walkthrough.opening import StartWalkthrough
from casework.domain.policy import MaterialForm, Role
from casework.messages.cases import (
    Outcome,
    Receipt,
    Submit,
    application_id,
    case_number,
    number_of,
)
from casework.messages.orders import OrderOutcome
from casework.messages.outreach import Progress
from casework.messages.temporal import TASK_QUEUE, order_of_work
from casework.security.proof.assertion import HEADER, Claims, canonical, digest
from casework.security.proof.signers import Signer, private_pem
from casework.security.proof.signing import Signing

__all__ = [
    "HEADER",
    "KINDS",
    "TASK_QUEUE",
    "Actor",
    "CaseKind",
    "Claims",
    "Client",
    "Command",
    "MaterialForm",
    "MaterialsReceived",
    "OrderOutcome",
    "Outcome",
    "Party",
    "Progress",
    "Receipt",
    "ReceivedMaterial",
    "Refusal",
    "Role",
    "Route",
    "Signer",
    "Signing",
    "StartApplication",
    "StartAppointment",
    "StartCase",
    "StartCycle",
    "StartIncomingMail",
    "StartParcel",
    "StartRating",
    "StartRequest",
    "StartTicket",
    "StartWageComplaint",
    "StartWalkthrough",
    "Submit",
    "Supplement",
    "WithdrawApplication",
    "WorkflowFailureError",
    "WorkflowUpdateFailedError",
    "act",
    "application_id",
    "canonical",
    "case_number",
    "connect",
    "converter",
    "digest",
    "number_of",
    "outcome_of",
    "private_pem",
    "refusal_of",
    "submit",
    "tell",
    "workflow_id",
]

_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why Casework refuses: a stable code, a Chinese reason, the field to put right if one is."""

    code: str
    reason: str
    field: str = ""


def refusal_of(error: BaseException) -> Refusal | None:
    """The refusal in what an update or a workflow failed with; None: it is another failure."""
    if not isinstance(error, WorkflowUpdateFailedError | WorkflowFailureError):
        return None
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type is None:
        return None
    field = next(iter(cause.details), "")
    return Refusal(code=cause.type, reason=cause.message, field=str(field))


async def connect(
    address: str,
    signer: Signer,
    *,
    namespace: str = "default",
    **options: Any,  # noqa: ANN401 - whatever the SDK takes
) -> Client:
    """Connect to ``host:port``; each message is signed by ``signer``.

    ``options`` are those of `temporalio.client.Client.connect`, as ``tls`` or ``api_key``.
    """
    return await Client.connect(
        address,
        namespace=namespace,
        data_converter=converter,
        interceptors=[Signing(signer, lasts=_LASTS)],
        **options,
    )


async def submit(client: Client, start: StartCase) -> Receipt:
    """Open a case, or find the one that is open with the same content; it is in the register.

    Raises:
        WorkflowUpdateFailedError, WorkflowFailureError: refused, see `refusal_of`.
    """
    kind = CaseKind(start.kind)
    operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        KINDS[kind].workflow,
        start,
        id=workflow_id(kind, start.case_no),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        priority=order_of_work(kind),
    )
    receipt: Receipt = await client.execute_update_with_start_workflow(
        "submit",
        Submit(content=start.content),
        start_workflow_operation=operation,
        result_type=Receipt,
    )
    return receipt


async def act(
    client: Client,
    case_no: str,
    command: Command,
    *,
    kind: CaseKind = CaseKind.APPLICATION,
    key: str = "",
) -> Receipt:
    """Do a verb on a case; the same ``key`` of the same actor does it once.

    Raises:
        ValueError: the kind has no such verb.
        WorkflowUpdateFailedError: refused, see `refusal_of`.
    """
    handle = client.get_workflow_handle(workflow_id(kind, case_no))
    ident = f"{command.actor.code}:{key or uuid.uuid4().hex}"  # noqa: TID251 - the caller's
    receipt: Receipt = await handle.execute_update(
        _verb_of(kind, command), command, id=ident, result_type=Receipt
    )
    return receipt


async def tell(
    client: Client, case_no: str, command: Command, *, kind: CaseKind = CaseKind.APPLICATION
) -> None:
    """Report a fact by signal: it waits for a worker, and what is refused is recorded as such.

    An act that is sent after this has returned is done after it.

    Raises:
        ValueError: the kind has no such fact.
    """
    handle = client.get_workflow_handle(workflow_id(kind, case_no))
    await handle.signal(_verb_of(kind, command), command)


async def outcome_of(
    client: Client, case_no: str, *, kind: CaseKind = CaseKind.APPLICATION
) -> Outcome:
    """Wait until nobody has anything left to do with a case; how it ended.

    Raises:
        WorkflowFailureError: it was never opened, see `refusal_of`.
    """
    handle: Any = client.get_workflow_handle(workflow_id(kind, case_no), result_type=Outcome)
    outcome: Outcome = await handle.result()
    return outcome


def _verb_of(kind: CaseKind, command: Command) -> str:
    for verb, known in KINDS[kind].verbs.items():
        if isinstance(command, known):
            return verb
    raise ValueError(f"{kind} has no {type(command).__name__}")
