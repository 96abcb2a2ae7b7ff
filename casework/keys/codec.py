"""What Temporal keeps of a case, sealed for that case."""

from collections.abc import Sequence
from typing import Self

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from casework.keys.cipher import Sealed
from casework.keys.errors import AlteredError, ErasedError, NotOurKeyError, UnknownKeyError
from casework.keys.scope import scope_of
from casework.keys.vault import Vault

ENCODING = b"binary/encrypted"
_ABOUT = b"payload"


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Seals each payload for the case whose workflow it belongs to, and opens it only there.

    What was never sealed passes: histories of before, and what an operator sends by hand.
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
        """Seal payloads.

        Raises:
            ErasedError: the case was erased.
            KeysAwayError: try again.
        """
        if not self._sealing or not payloads:
            return list(payloads)
        scope = self._scope or ""
        cipher = await self._vault.cipher(scope)
        return [
            _payload(cipher.seal(each.SerializeToString(), about=_ABOUT), scope)
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
            opened.ParseFromString(cipher.open(sealed, about=_ABOUT))
        except UnknownKeyError:
            # Ours says so in the register before it first seals: see `RingVault`.
            if await self._vault.knows(sealed.key_id):
                raise
            raise NotOurKeyError(sealed.key_id) from None
        return opened


def is_encrypted(payload: Payload) -> bool:
    """Whether a payload was sealed by this codec."""
    return payload.metadata.get("encoding") == ENCODING


def scope_of_payload(payload: Payload) -> str:
    """The case number that a sealed payload says it is of; a lie is found when it is opened."""
    return _text(payload, "scope")


def _text(payload: Payload, name: str) -> str:
    try:
        return payload.metadata.get(name, b"").decode()
    except UnicodeDecodeError:
        raise AlteredError("a payload") from None


def _payload(sealed: Sealed, scope: str) -> Payload:
    return Payload(
        metadata={
            "encoding": ENCODING,
            "key-id": sealed.key_id.encode(),
            "cipher": sealed.cipher.encode(),
            "scope": scope.encode(),
        },
        data=sealed.data,
    )


def _scope(context: SerializationContext) -> str | None:
    if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
        return scope_of(context.workflow_id or "")
    return None
