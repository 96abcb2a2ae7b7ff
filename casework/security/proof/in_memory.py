"""A signer and who believes it, without files: for rehearsals, measurements and tests."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from casework.security.proof.signers import ANYONE, Rights, Signer, Signers, private_pem
from casework.security.proof.signing import Now, Signing, wall_clock
from casework.security.proof.verifying import Verifier

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
