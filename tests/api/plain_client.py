"""A backend as the contract describes one: the SDK as it comes, plain JSON, proofs of its own."""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
)

from casework.domain.case.facts import Actor
from casework.security.proof.assertion import Claims
from casework.security.proof.signers import Signer

Json = dict[str, Any]
_ACTOR = TypeAdapter(Actor)


async def plain_client(address: str, signer: Signer) -> Client:
    """The SDK's own client: no codec, no converter of ours."""
    return await Client.connect(address, interceptors=[_Proofs(signer)])


class _Proofs(Interceptor):
    def __init__(self, signer: Signer) -> None:
        self.signer = signer

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return _Proving(next, self.signer)


class _Proving(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, signer: Signer) -> None:
        super().__init__(following)
        self._signer = signer

    async def start_workflow(self, input: StartWorkflowInput) -> Any:  # noqa: A002 - the SDK's name
        input.headers = self._start(input)
        return await super().start_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002 - the SDK's name
        input.headers = self._proof(input.signal, input.id, input.args)
        await super().signal_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> Any:  # noqa: A002 - the SDK's name
        input.update_id = input.update_id or uuid.uuid4().hex
        input.headers = self._proof(input.update, input.id, input.args, input.update_id)
        return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(
        self,
        input: StartWorkflowUpdateWithStartInput,  # noqa: A002 - the SDK's name
    ) -> Any:
        input.start_workflow_input.headers = self._start(input.start_workflow_input)
        return await super().start_update_with_start_workflow(input)

    def _start(self, input: Any) -> dict[str, Payload]:  # noqa: A002 - either of two
        return self._proof(f"start:{input.workflow}", input.id, input.args)

    def _proof(
        self, verb: str, case: str, args: Sequence[Json], jti: str = ""
    ) -> dict[str, Payload]:
        (message,) = args
        act = message.get("actor") or message.get("submitted_by")
        if act is None:
            return {}
        now = int(time.time())
        claims = Claims(
            act=_ACTOR.validate_python(act),
            verb=verb,
            case=case,
            dig=_digest(message),
            iat=now,
            exp=now + 300,
            jti=jti or uuid.uuid4().hex,
        )
        token = json.dumps(self._signer.sign(claims)).encode()
        return {"casework-proof": Payload(metadata={"encoding": b"json/plain"}, data=token)}


def _digest(message: Json) -> str:
    """Of a message that holds nothing that equals its default."""
    canonical = json.dumps(message, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    hashed = hashlib.sha256(canonical.encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode().rstrip("=")
