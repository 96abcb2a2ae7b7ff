"""What Temporal keeps of a case, sealed for that case."""

import zlib
from collections.abc import Sequence
from typing import Self

from pydantic_core import from_json, to_json
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from casework.security.keys.cipher import Sealed
from casework.security.keys.errors import (
    ERASED,
    AlteredError,
    ErasedError,
    NotOurKeyError,
    UnknownKeyError,
)
from casework.security.keys.vault import Vault, scope_of

ENCODING = b"binary/encrypted"
OPEN = "casework-open"
"""Marks a payload of ours that is not to be sealed; who writes the mark is
`casework.temporal`.
"""
DEFINITION = "definition"
"""What a workflow knows to be asked, beside its sealed details: for who may not read these."""
_ABOUT = b"payload"
_LARGE = 512
"""What is larger is deflated before it is sealed: above all a start, which holds its policy."""
_DEFLATED = b"x"
"""How a zlib stream begins, and no payload: it would be a field that none has."""
_WORKFLOW_METADATA = WorkflowMetadata.DESCRIPTOR.full_name.encode()


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Seals each payload for the case whose workflow it belongs to, and opens it only there.

    What was never sealed passes: histories of before, and what an operator sends by hand. What is
    marked as open stays so.
    Without a context (a list's memo) a payload is opened for the case it says it is of, which is
    bound to it; what is encoded without one belongs to no case.
    """

    def __init__(self, vault: Vault, *, sealing: bool = True, scope: str | None = None) -> None:
        """``sealing`` false: only open what was sealed before."""
        self._vault = vault
        self._sealing = sealing
        self._scope = scope

    def with_context(self, context: SerializationContext) -> Self:
        """Return a codec for the workflow of this context."""
        return type(self)(self._vault, sealing=self._sealing, scope=_scope(context))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal payloads, but for those that are marked as open.

        Raises:
            ErasedError: the case was erased; the Web UI still learns what the workflow knows.
            KeysAwayError: try again.
        """
        if not self._sealing or all(OPEN in each.metadata for each in payloads):
            return list(payloads)
        scope = self._scope or ""
        try:
            cipher = await self._vault.cipher(scope)
        except ErasedError:
            if all(_definition(each) for each in payloads):
                return [with_details(_definition(each), ERASED) for each in payloads]
            raise
        return [
            each
            if OPEN in each.metadata
            else _payload(
                cipher.seal(_deflated(each.SerializeToString()), about=_ABOUT),
                scope,
                _definition(each),
            )
            for each in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open payloads.

        Raises:
            AlteredError: changed, or of another case.
            ErasedError: the case was erased.
            NotOurKeyError: sealed by a key that was never ours.
            UnknownKeyError, KeysAwayError: not now.
        """
        return [await self._opened(each) for each in payloads]

    async def _opened(self, payload: Payload) -> Payload:
        if not is_encrypted(payload):
            return payload
        scope = scope_of_payload(payload)
        if self._scope not in {None, scope}:
            raise AlteredError("a payload")
        cipher = await self._vault.reading(scope)
        if cipher is None:
            raise ErasedError(scope)
        sealed = Sealed(
            key_id=_text(payload, "key-id"), cipher=_text(payload, "cipher"), data=payload.data
        )
        opened = Payload()
        try:
            opened.ParseFromString(_inflated(cipher.open(sealed, about=_ABOUT)))
        except UnknownKeyError:
            # Ours says so in the register before it first seals: see `RingVault`.
            if await self._vault.knows(sealed.key_id):
                raise
            raise NotOurKeyError(sealed.key_id) from None
        return opened


def _deflated(plain: bytes) -> bytes:
    return zlib.compress(plain) if len(plain) > _LARGE else plain


def _inflated(plain: bytes) -> bytes:
    # Only who has our key can have sealed a stream, so it is one of ours.
    return zlib.decompress(plain) if plain.startswith(_DEFLATED) else plain


def is_encrypted(payload: Payload) -> bool:
    """Whether a payload was sealed by this codec."""
    return payload.metadata.get("encoding") == ENCODING


def leave_open(payload: Payload) -> None:
    """Mark a payload that is not to be sealed."""
    payload.metadata[OPEN] = b"true"


def with_details(definition: bytes, details: str) -> Payload:
    """What the Web UI gets when it asks what a workflow knows, with these details.

    Raises:
        ValueError: the definition is no JSON.
    """
    shown = {"definition": from_json(definition), "currentDetails": details}
    return Payload(metadata={"encoding": b"json/plain"}, data=to_json(shown))


def scope_of_payload(payload: Payload) -> str:
    """The case number that a sealed payload says it is of; a lie is found when it is opened."""
    return _text(payload, "scope")


def _text(payload: Payload, name: str) -> str:
    try:
        return payload.metadata.get(name, b"").decode()
    except UnicodeDecodeError:
        raise AlteredError("a payload") from None


def _payload(sealed: Sealed, scope: str, definition: bytes) -> Payload:
    metadata = {
        "encoding": ENCODING,
        "key-id": sealed.key_id.encode(),
        "cipher": sealed.cipher.encode(),
        "scope": scope.encode(),
    }
    if definition:
        metadata[DEFINITION] = definition
    return Payload(metadata=metadata, data=sealed.data)


def _definition(payload: Payload) -> bytes:
    """Names of handlers, if the payload says what a workflow knows to be asked; else empty."""
    if payload.metadata.get("messageType") != _WORKFLOW_METADATA:
        return b""
    return to_json(from_json(payload.data).get("definition", {}))


def _scope(context: SerializationContext) -> str | None:
    if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
        return scope_of(context.workflow_id or "")
    return None
