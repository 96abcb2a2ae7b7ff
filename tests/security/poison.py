"""What others can put into a payload or a header so that nobody can open, read or believe it."""

import json
from dataclasses import dataclass

from temporalio.api.common.v1 import Header, Memo, Payload, WorkflowExecution
from temporalio.api.enums.v1 import UpdateWorkflowExecutionLifecycleStage as ApplicationStage
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.update.v1 import Input, Meta, Outcome, Request, WaitPolicy
from temporalio.api.workflowservice.v1 import (
    QueryWorkflowRequest,
    SignalWorkflowExecutionRequest,
    StartWorkflowExecutionRequest,
    UpdateWorkflowExecutionRequest,
)
from temporalio.client import Client

from casework.messages.temporal import TASK_QUEUE
from casework.security.proof.assertion import HEADER
from casework.security.unreadable import ENCODING

Payloads = dict[str, Payload]
_REFERENCE = "temporal.api.sdk.v1.ExternalStorageReference"
_DEEP = 100_000


def payload(encoding: bytes, data: bytes, **metadata: bytes) -> Payload:
    return Payload(metadata={"encoding": encoding, **metadata}, data=data)


def unreadable(own: Payload, others: Payload) -> Payloads:
    """One of each sort. ``own``: sealed for the receiver; ``others``: for another case."""
    flipped = bytes([*own.data[:-1], own.data[-1] ^ 1])
    sealed = dict(own.metadata)

    def bent(name: str, value: bytes) -> Payload:
        return Payload(metadata={**sealed, name: value}, data=own.data)

    plain, encrypted = b"json/plain", b"binary/encrypted"
    return {
        "sealed for another": others,
        "a bit flipped": Payload(metadata=sealed, data=flipped),
        "cut short": Payload(metadata=sealed, data=own.data[:5]),
        "no data": Payload(metadata=sealed),
        "a key nobody has": bent("key-id", b"20000101-00000000"),
        "a key that is no text": bent("key-id", b"\xff"),
        "a key that no table takes": bent("key-id", b"2026\x00"),
        "a cipher nobody has": bent("cipher", b"ROT13"),
        "a scope that is no text": bent("scope", b"\xff"),
        "a scope that no table takes": bent("scope", b"310106\x00"),
        "somebody else's codec": payload(encrypted, b"\x00" * 64, **{"encryption-key-id": b"k1"}),
        "our own mark": payload(ENCODING, b""),
        "no encoding": Payload(data=b"{}"),
        "an encoding that is no text": payload(b"\xff\xfe", b"{}"),
        "an unknown encoding": payload(b"zip/zip", b"{}"),
        "not UTF-8": payload(plain, b'"\xff\xfe"'),
        "no JSON": payload(plain, b'{"actor": '),
        "half a character": payload(plain, b'"\\ud800"'),
        "deep": payload(plain, b"[" * _DEEP),
        "not a number": payload(plain, b"NaN"),
        "huge": payload(plain, b"9" * 5000),
        "protobuf of no type": payload(b"json/protobuf", b"{}", messageType=b"no.such.Type"),
        "protobuf that is none": payload(b"binary/protobuf", b"\xff", messageType=b"\xff"),
        "a reference": payload(b"json/protobuf", b"{}", messageType=_REFERENCE.encode()),
        "an older reference": payload(b"json/external-storage-reference", b"{}"),
        "a marked reference": Payload(
            metadata={**sealed, "__temporal_external_storage_reference": b"true"}, data=own.data
        ),
        "the SDK's own": payload(plain, b"[]", __temporal_system_payload=b"true"),
    }


def forged(stolen: str) -> dict[str, Payload | None]:
    """Headers that prove nothing. ``stolen``: a proof of something else."""
    plain = b"json/plain"

    def text(token: str) -> Payload:
        return payload(plain, json.dumps(token).encode())

    head, content, signature = stolen.split(".")
    return {
        "none": None,
        "nonsense": text("nonsense"),
        "stolen": text(stolen),
        "not base64": text("a*.b*.c*"),
        "no header": text(f"e30.{content}.{signature}"),
        "an empty part": text(f"{head}..{signature}"),
        "not signed": text(f"{head}.{content}."),
        "not ASCII": text("凭证.凭证.凭证"),
        "half a character": payload(plain, b'"\\ud800.a.b"'),
        "not UTF-8": payload(plain, b'"\xff"'),
        "no JSON": payload(plain, b"{"),
        "deep": payload(plain, b"[" * _DEEP),
        "a number": payload(plain, b"9" * 5000),
        "a list": payload(plain, b"[1]"),
        "sealed": payload(b"binary/encrypted", b"\x00" * 64),
        "long": text("a" * 100_000),
        "empty": Payload(),
    }


@dataclass(frozen=True, kw_only=True)
class Attacker:
    """Reaches the namespace, and speaks to it past the SDK."""

    client: Client

    async def start(
        self,
        kind: str,
        number: str,
        *inputs: Payload,
        proof: Payload | None = None,
        memo: Payload | None = None,
    ) -> None:
        request = StartWorkflowExecutionRequest(
            namespace=self.client.namespace,
            workflow_id=number,
            workflow_type={"name": kind},  # type: ignore[arg-type]  # protobuf takes a dict
            task_queue=TaskQueue(name=TASK_QUEUE),
            request_id=number,
            header=_header(proof),
            memo=Memo(fields={"note": memo} if memo is not None else {}),
        )
        request.input.payloads.extend(inputs)
        await self.client.workflow_service.start_workflow_execution(request, retry=True)

    async def signal(
        self,
        number: str,
        name: str,
        *inputs: Payload,
        proof: Payload | None = None,
        request_id: str = "",
    ) -> None:
        """The same ``request_id`` again is the same signal."""
        request = SignalWorkflowExecutionRequest(
            request_id=request_id,
            namespace=self.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=number),
            signal_name=name,
            header=_header(proof),
        )
        request.input.payloads.extend(inputs)
        await self.client.workflow_service.signal_workflow_execution(request, retry=True)

    async def update(
        self, number: str, name: str, *inputs: Payload, proof: Payload | None = None
    ) -> str:
        """The type of the failure by which it is refused; empty if it is not."""
        request = UpdateWorkflowExecutionRequest(
            namespace=self.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=number),
            wait_policy=WaitPolicy(
                lifecycle_stage=ApplicationStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
            ),
            request=Request(meta=Meta(), input=Input(name=name, header=_header(proof))),
        )
        request.request.input.args.payloads.extend(inputs)
        answer = await self.client.workflow_service.update_workflow_execution(request, retry=True)
        return _refusal(answer.outcome)

    async def query(self, number: str, name: str, *inputs: Payload) -> None:
        """Raise RPCError where the query is answered by an error."""
        query = WorkflowQuery(query_type=name)
        query.query_args.payloads.extend(inputs)
        await self.client.workflow_service.query_workflow(
            QueryWorkflowRequest(
                namespace=self.client.namespace,
                execution=WorkflowExecution(workflow_id=number),
                query=query,
            )
        )


def _refusal(outcome: Outcome) -> str:
    return outcome.failure.application_failure_info.type


def _header(proof: Payload | None) -> Header:
    return Header(fields={HEADER: proof} if proof is not None else {})
