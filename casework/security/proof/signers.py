"""Who may sign, and for whom: a folder of public keys, and a private key for each signer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import DictKey, OKPKey
from pydantic import TypeAdapter

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.security.jose import signed
from casework.security.proof.assertion import ALGORITHM, CLAIMS, Claims

ANYONE: Literal["anyone"] = "anyone"


@dataclass(frozen=True, kw_only=True)
class Rights:
    """In whose name a signer may speak: codes, or anyone; no ``roles``: in any role."""

    may_speak_for: Literal["anyone"] | tuple[str, ...]
    roles: tuple[Role, ...] = ()

    @property
    def is_for_anyone(self) -> bool:
        """Whether it speaks in everybody's name, as the API does."""
        return self.may_speak_for == ANYONE

    def cover(self, actor: Actor) -> bool:
        """Whether the signer may speak for this actor."""
        named = self.is_for_anyone or actor.code in self.may_speak_for
        return named and (not self.roles or actor.role in self.roles)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A signer as the workers know it."""

    kid: str
    name: str
    key: Ed25519PublicKey
    rights: Rights


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A private key and the id under which its public key is known."""

    kid: str
    name: str
    key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey) -> Self:
        """The signer of this key; its id is derived from both."""
        raw = key.public_key().public_bytes_raw()
        return cls(kid=f"{name}-{sha256(raw).hexdigest()[:8]}", name=name, key=key)

    @classmethod
    def read(cls, name: str, pem: bytes) -> Self:
        """The signer of a private key in PEM; raise `ValueError` if it is no Ed25519 key."""
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("not an unencrypted Ed25519 private key in PEM")  # noqa: TRY004 - a file, not an argument
        return cls.of(name, key)

    def known(self, rights: Rights) -> Known:
        """How it is to be known to the workers."""
        return Known(kid=self.kid, name=self.name, key=self.key.public_key(), rights=rights)

    def sign(self, claims: Claims) -> str:
        """The proof; the same claims, the same text."""
        content = CLAIMS.dump_python(claims, mode="json", exclude_defaults=True)
        return signed(content, OKPKey.import_key(self.key), ALGORITHM, self.kid)


def private_pem() -> bytes:
    """A new private key, as it is kept in a file."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


class Signers:
    """The signers that are known to a worker."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._known: Mapping[str, Known] = {each.kid: each for each in known}

    def find(self, kid: str) -> Known | None:
        """The signer of that key id, if it is known."""
        return self._known.get(kid)

    def all(self) -> list[Known]:
        """All of them, by name."""
        return sorted(self._known.values(), key=lambda each: (each.name, each.kid))


@dataclass(frozen=True, kw_only=True)
class SignerRecord:
    """A file of the folder of signers; ``key`` is the public one, as a JWK."""

    kid: str
    name: str
    key: DictKey
    may_speak_for: Literal["anyone"] | tuple[str, ...]
    roles: tuple[Role, ...] = ()


RECORD = TypeAdapter(SignerRecord)


def record_of(known: Known) -> bytes:
    """What the folder keeps of a signer, as JSON with the public key as a JWK."""
    record = SignerRecord(
        kid=known.kid,
        name=known.name,
        key=OKPKey.import_key(known.key).as_dict(),
        may_speak_for=known.rights.may_speak_for,
        roles=known.rights.roles,
    )
    return RECORD.dump_json(record, indent=2) + b"\n"
