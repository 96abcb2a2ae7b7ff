"""The vault: ciphers by case, from the ring and the secrets."""

from typing import Protocol

from casework.domain.kinds.registry import KINDS
from casework.security.keys.cipher import Cipher, PlainCipher, Sealed, is_sealed, readable
from casework.security.keys.errors import (
    ERASED,
    AlteredError,
    ErasedError,
    KeysAwayError,
    UnknownKeyError,
)

__all__ = [
    "ERASED",
    "PLAIN",
    "AlteredError",
    "Cipher",
    "ErasedError",
    "KeysAwayError",
    "Sealed",
    "UnknownKeyError",
    "Vault",
    "is_sealed",
    "readable",
    "scope_of",
]


class Vault(Protocol):
    """Gives the cipher of each scope, which is a case number, or "" for no case's."""

    async def cipher(self, scope: str) -> Cipher:
        """Return what seals and opens for the scope; its secret is made on first use.

        Raises:
            KeysAwayError: the register does not answer, and the secret is not at hand.
            ErasedError: the scope was erased.
        """

    async def reading(self, scope: str) -> Cipher | None:
        """Return what opens for the scope, and make nothing; None: erased, or never was.

        Raises:
            KeysAwayError: the register does not answer, and the secret is not at hand.
        """

    async def knows(self, key_id: str) -> bool:
        """Whether a process of ours has ever sealed by the master key of this id.

        Raises:
            KeysAwayError: the register does not answer.
        """

    def forget(self, scope: str) -> None:
        """Drop what this process has at hand of a scope that was erased."""

    async def aclose(self) -> None:
        """Close the connections."""


class PlainVault:
    """A `Vault` that seals nothing, for tests, rehearsals and tools without a ring."""

    async def cipher(self, scope: str) -> Cipher:
        del scope
        return PlainCipher()

    async def reading(self, scope: str) -> Cipher | None:
        del scope
        return PlainCipher()

    async def knows(self, key_id: str) -> bool:
        del key_id
        return False

    def forget(self, scope: str) -> None:
        del scope

    async def aclose(self) -> None:
        pass


PLAIN: Vault = PlainVault()

_LONGEST = 64

_OF_A_PERSON = tuple(f"{kind.prefix}." for kind in KINDS.values() if not kind.of_nobody)


def scope_of(workflow_id: str) -> str:
    """The case number of a workflow about one person, "" for every other.

    Rounds of visits, orders, outreaches, absences and schedules are about nobody alone; nor is an
    id that others made up and that can be no case number.
    """
    if not workflow_id.startswith(_OF_A_PERSON):
        return ""
    number = workflow_id.rpartition(".")[2]
    could_be = number.isascii() and number.isprintable() and len(number) <= _LONGEST
    return number if could_be else ""
