"""Who signs: the parts of Casework, and their Temporal client, each message in its speaker's name.

The API signs for whoever it has identified, the worker for itself. ``Trust`` signs and verifies
without files: for rehearsals, measurements and tests.
"""

import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

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

from casework.domain.authority import ITSELF
from casework.domain.directory import SPEAKS_AS
from casework.domain.policy import Role
from casework.security.keyfiles import key_file, replace_file
from casework.security.proof.assertion import FACT_LASTS, HEADER, Claims, digest, start_verb
from casework.security.proof.signers import (
    ANYONE,
    Known,
    Rights,
    Signer,
    Signers,
    private_pem,
    record_of,
)
from casework.security.proof.speaking import speaker_of
from casework.security.proof.verifying import Verifier
from casework.settings import Settings, SettingsError

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


_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
OWN_CODES = tuple(ITSELF)
"""In these names the system itself speaks to cases."""

RIGHTS = {
    "api": Rights(may_speak_for=ANYONE),
    "worker": Rights(may_speak_for=OWN_CODES, roles=(Role.SYSTEM,)),
}


def open_signing(settings: Settings, part: str, now: Now = wall_clock) -> Signing:
    """What signs for a part. The local stack makes the key on first use and makes it known.

    Raises:
        SettingsError: there is no key, or none that can be used.
    """
    file = key_of(settings, part)
    local = settings.environment == "local"
    if not local and not file.exists():
        raise SettingsError(
            f"there is no signing key {file}: make it by `casework keys signer add {part}`"
        )
    signer = _read(part, file)
    if local:
        register(settings, signer.known(RIGHTS[part]))
    lasts = timedelta(seconds=settings.proof_lasts_seconds)
    return Signing(signer, lasts=lasts, now=now)


def make_key(settings: Settings, part: str) -> Known:
    """A part's key, made unless it is there, and known from now on."""
    known = _read(part, key_of(settings, part)).known(RIGHTS[part])
    register(settings, known)
    return known


def register(settings: Settings, known: Known) -> Path:
    """Make a signer known to all workers, by the rights that it has now; its file."""
    file, record = settings.signers_dir / f"{known.kid}.json", record_of(known)
    if key_file(file, make=lambda: record) != record:
        replace_file(file, record)
    return file


def add_backend(settings: Settings, name: str, codes: tuple[str, ...], file: Path) -> Known:
    """Make a backend's key in ``file`` and make it known: it speaks as a system, by these codes.

    Raises:
        ValueError: the name or a code cannot be one.
        SettingsError: a file cannot be written.
    """
    for word in (name, *codes):
        if not _WORD.fullmatch(word):
            raise ValueError(f"letters, digits, dots, dashes and underscores only: {word!r}")
        if word in ITSELF or word.startswith(SPEAKS_AS):
            raise ValueError(f"Casework itself speaks as {word!r}")
    rights = Rights(may_speak_for=codes, roles=(Role.SYSTEM,))
    known = _read(name, file).known(rights)
    register(settings, known)
    return known


def key_of(settings: Settings, part: str) -> Path:
    """The file of the private key by which a part signs."""
    return settings.signing_key_file or settings.home / "keys" / f"{part}.signing.pem"


def _read(name: str, file: Path) -> Signer:
    try:
        return Signer.read(name, key_file(file, make=private_pem))
    except ValueError as error:
        raise SettingsError(f"cannot use the signing key {file}: {error}") from None


_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Trust:
    """``signing`` is for the client, ``verifier`` for the worker beside it."""

    signer: Signer
    signing: Signing
    verifier: Verifier

    @classmethod
    def new(cls, now: Now = wall_clock) -> Self:
        """A new key that may speak for anyone; ``now`` is the time of the server."""
        signer = Signer.read("memory", private_pem())
        known = Signers([signer.known(Rights(may_speak_for=ANYONE))])
        return cls(
            signer=signer,
            signing=Signing(signer, lasts=_LASTS, now=now),
            verifier=Verifier(signers=known, lasts=_LASTS),
        )
