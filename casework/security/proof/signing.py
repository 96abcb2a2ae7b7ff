"""A Temporal client that signs each message in the name of whom it speaks for.

A backend has this, too (`casework.contract`), so nothing here needs settings, files or policy.
"""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)

from casework.security.proof.assertion import (
    FACT_LASTS,
    HEADER,
    Claims,
    digest,
    speaker_of,
    start_verb,
)
from casework.security.proof.signers import Signer

Now = Callable[[], Awaitable[datetime]]
Headers = Mapping[str, Payload]


async def wall_clock() -> datetime:
    """The time by which a process of production signs."""
    return datetime.now(UTC)  # noqa: TID251 - the clock of the signer, and nothing else's


class Signing(Interceptor):
    """Signs what speaks in somebody's name; what names nobody goes out unsigned.

    ``now`` is Temporal's time as the signer knows it, ``lasts`` how long a decision may be on its
    way.
    """

    def __init__(self, signer: Signer, *, lasts: timedelta, now: Now = wall_clock) -> None:
        self._signer = signer
        self._lasts = lasts
        self._now = now

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return _Outbound(next, self)

    async def start(self, workflow: str, workflow_id: str, args: Sequence[Any]) -> Headers:
        """The proof of a start."""
        return await self._proof(start_verb(workflow), workflow_id, args, lasts=self._lasts)

    async def update(
        self, name: str, workflow_id: str, args: Sequence[Any], update_id: str
    ) -> Headers:
        """The proof of an update, good for this id alone."""
        return await self._proof(name, workflow_id, args, lasts=self._lasts, jti=update_id)

    async def signal(self, name: str, workflow_id: str, args: Sequence[Any]) -> Headers:
        """The proof of a signal."""
        return await self._proof(name, workflow_id, args, lasts=FACT_LASTS)

    async def _proof(
        self, verb: str, case: str, args: Sequence[Any], *, lasts: timedelta, jti: str = ""
    ) -> Headers:
        message = args[0] if len(args) == 1 else None
        speaker = speaker_of(message)
        if speaker is None:
            return {}
        issued = int((await self._now()).timestamp())
        claims = Claims(
            act=speaker,
            verb=verb,
            case=case,
            dig=digest(message),
            iat=issued,
            exp=issued + int(lasts.total_seconds()),
            jti=jti or new_id(),
        )
        return {HEADER: payload(self._signer.sign(claims))}


class _Outbound(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, signing: Signing) -> None:
        super().__init__(following)
        self._signing = signing

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002 - the SDK's name
        proof = await self._signing.start(input.workflow, input.id, input.args)
        input.headers = {**input.headers, **proof}
        return await super().start_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002 - the SDK's name
        proof = await self._signing.signal(input.signal, input.id, input.args)
        input.headers = {**input.headers, **proof}
        await super().signal_workflow(input)

    async def start_workflow_update(
        self,
        input: StartWorkflowUpdateInput,  # noqa: A002 - the SDK's name
    ) -> WorkflowUpdateHandle[Any]:
        input.update_id = input.update_id or new_id()
        proof = await self._signing.update(input.update, input.id, input.args, input.update_id)
        input.headers = {**input.headers, **proof}
        return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(
        self,
        input: StartWorkflowUpdateWithStartInput,  # noqa: A002 - the SDK's name
    ) -> WorkflowUpdateHandle[Any]:
        start, update = input.start_workflow_input, input.update_workflow_input
        proof = await self._signing.start(start.workflow, start.id, start.args)
        start.headers = {**start.headers, **proof}
        update.update_id = update.update_id or new_id()
        proof = await self._signing.update(update.update, start.id, update.args, update.update_id)
        update.headers = {**update.headers, **proof}
        return await super().start_update_with_start_workflow(input)


async def proof_of_signal(
    client: Client, name: str, workflow_id: str, args: Sequence[Any]
) -> Headers:
    """The proof for a signal that goes past the interceptors; none from a client without a key."""
    for interceptor in client.config()["interceptors"]:
        if isinstance(interceptor, Signing):
            return await interceptor.signal(name, workflow_id, args)
    return {}


def payload(token: str) -> Payload:
    """A text as it stands in a header."""
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(token).encode())


def new_id() -> str:
    """An id that nobody can guess, for what has none."""
    return uuid.uuid4().hex  # noqa: TID251 - the signer's, outside every workflow
