"""The signed statement about a letter, by which its file is verified without asking anybody.

A proof is JSON: ``statement``, the id of the ``key``, and its ``signature`` over the canonical form
of the statement. The key is the one that signs the digests of the day.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from casework.domain.time.calendar import local_date
from casework.security.audit.digests import DigestKey, PublicKeys
from casework.security.audit.hashing import canonical
from casework.security.seal_signature import Seal, SealCertificates

KIND = "casework.letter"


class ProofError(Exception):
    """A file is not what a proof speaks of, or the proof is none. ``code`` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def signed(statement: Mapping[str, Any], key: DigestKey) -> dict[str, Any]:
    """The proof of a statement, which is JSON."""
    said = {**statement, "about": KIND}
    return {"statement": said, "key": key.id, "signature": key.sign(canonical(said))}


def verified(
    proof: str, content: bytes, keys: PublicKeys, *, signature: bytes | None = None
) -> Mapping[str, Any]:
    """Return what a proof says of a file, once both are known to be what they were.

    ``signature``: that of the city's seal that lies beside the letter; it is compared with the one
    that the city gave. Whose it is, `seal_on` verifies.

    Raises:
        ProofError: ``PROOF_UNREADABLE``; ``PROOF_NOT_SIGNED``: by no key that is trusted;
            ``FILE_DIFFERS``: it speaks of another file, or this one was altered;
            ``SIGNATURE_DIFFERS``: the letter has another signature, or none.
    """
    try:
        told = json.loads(proof)
        said, key, by_key = told["statement"], str(told["key"]), str(told["signature"])
        about, sha256 = said["about"], said["sha256"]
        sealed, signed_by = said.get("sealed_sha256", ""), said.get("signature_sha256", "")
    except (AttributeError, ValueError, LookupError, TypeError, RecursionError):
        raise ProofError("PROOF_UNREADABLE") from None
    if about != KIND:
        raise ProofError("PROOF_UNREADABLE")
    if not keys.verify(canonical(said), key, by_key):
        raise ProofError("PROOF_NOT_SIGNED")
    if hashlib.sha256(content).hexdigest() not in {sha256, sealed}:
        raise ProofError("FILE_DIFFERS")
    if signature is not None and hashlib.sha256(signature).hexdigest() != signed_by:
        raise ProofError("SIGNATURE_DIFFERS")
    found: Mapping[str, Any] = said
    return found


def seal_on(
    said: Mapping[str, Any],
    content: bytes,
    certificates: SealCertificates,
    *,
    signature: bytes | None = None,
    on: date | None = None,
) -> Seal:
    """Return whose seal a letter has, of which a proof that was `verified` speaks.

    ``signature`` is what lies beside it; without it the seal is looked for in the file. ``on`` as
    for `SealCertificates.verify`. Raises SealError, ``SEAL_MISSING`` also for the letter as it was
    before it was sealed.
    """
    between = (
        date.fromisoformat(said["issued_on"]),
        local_date(datetime.fromisoformat(said["verified_at"])),
    )
    if signature is not None:
        return certificates.verify(signature, content, between=between, on=on)
    return certificates.verify_file(content, between=between, on=on)
